import fc from 'fast-check'
import { randomFrom } from '../../random/index.ts'
import type { EvaluationLog } from '../evaluation-log.ts'

/** Three decisions of two users: two actions, three, one. */
export const SMALL_LOG: EvaluationLog = {
  offsets: [0, 2, 5, 6],
  chosen: [1, 0, 0],
  propensities: [0.5, 0.2, 1],
  targetPolicy: [0.25, 0.75, 0.6, 0.4, 0, 1],
  loggingPolicy: [0.5, 0.5, 0.2, 0.3, 0.5, 1],
  users: [0, 1, 0],
  rewards: [{ name: 'visit', values: [1, 0, 1] }],
  identities: { indices: [0, 1, 0, 1, 2, 0], names: ['hold', 'push', 'email'] },
}

/** Logs of random shape, drawn from their own logging policies, with 1 to 3 objectives and users of several decisions. */
export const evaluationLogs: fc.Arbitrary<EvaluationLog> = fc
  .record({
    seed: fc.integer({ min: 0, max: 1_000_000 }),
    decisions: fc.integer({ min: 6, max: 60 }),
    users: fc.integer({ min: 3, max: 12 }),
    most: fc.integer({ min: 2, max: 5 }),
    objectives: fc.integer({ min: 1, max: 3 }),
  })
  .map((shape) => drawLog(`${shape.seed}`, shape))

/** What `drawLog` makes. */
export interface LogShape {
  readonly decisions: number
  readonly users: number
  /** Most actions of a decision; the least is 1. */
  readonly most: number
  readonly objectives: number
}

/** A log with random policies and rewards that depend on action and user. */
export function drawLog(key: string, { decisions, users, most, objectives }: LogShape): EvaluationLog {
  const random = randomFrom(`evaluation log ${key}`)
  const offsets = [0]
  const [targetPolicy, loggingPolicy, indices]: [number[], number[], number[]] = [[], [], []]
  const chosen: number[] = []
  const propensities: number[] = []
  for (let i = 0; i < decisions; i++) {
    const count = 1 + Math.floor(random() * most)
    const [logging, target] = [drawDistribution(count, random), drawDistribution(count, random)]
    loggingPolicy.push(...logging)
    targetPolicy.push(...target)
    for (let a = 0; a < count; a++) indices.push(a)
    const place = drawPlace(logging, random())
    chosen.push(place)
    propensities.push(logging[place]!)
    offsets.push(offsets[i]! + count)
  }
  const owners = Array.from({ length: decisions }, () => Math.floor(random() * users))
  return {
    offsets,
    chosen,
    propensities,
    targetPolicy,
    loggingPolicy,
    users: owners,
    rewards: Array.from({ length: objectives }, (_, m) => ({
      name: `objective ${m}`,
      values: chosen.map((place, i) => place * (m + 1) + owners[i]! / users + random()),
    })),
    identities: { indices, names: Array.from({ length: most }, (_, a) => `action ${a}`) },
  }
}

/** The first place at which the running sum of probabilities passes `u`. */
export function drawPlace(distribution: readonly number[], u: number): number {
  let sum = 0
  const place = distribution.findIndex((probability) => {
    sum += probability
    return u < sum
  })
  return place < 0 ? distribution.length - 1 : place
}

function drawDistribution(count: number, random: () => number): number[] {
  const parts = Array.from({ length: count }, () => 0.1 + random())
  const sum = parts.reduce((total, part) => total + part, 0)
  return parts.map((part) => part / sum)
}

import type { EvaluationLog } from '../evaluation-log.ts'
import { drawPlace } from './logs.ts'

/**
 * A world whose truth is known: a user lies in one of three segments for ever, has an effect of his own on all his rewards, and
 * 1 to `most` decisions, more of them in later segments. Mean reward of an action hangs on the segment.
 */
export interface SegmentWorld {
  readonly means: readonly (readonly number[])[]
  readonly logging: readonly (readonly number[])[]
  readonly target: readonly (readonly number[])[]
  /** Standard deviation of the users' own effects, and of the rest. */
  readonly userSpread: number
  readonly noise: number
  readonly most: number
  /** Rewards are 0 or 1 with the mean as chance; `noise` is then not used. */
  readonly isBinary?: boolean
}

export const WORLD: SegmentWorld = {
  means: [
    [0.2, 0.5, 0.1],
    [0.4, 0.2, 0.6],
    [0.3, 0.3, 0.9],
  ],
  logging: [
    [0.5, 0.3, 0.2],
    [0.3, 0.4, 0.3],
    [0.6, 0.2, 0.2],
  ],
  target: [
    [0.1, 0.8, 0.1],
    [0.2, 0.2, 0.6],
    [0.2, 0.1, 0.7],
  ],
  userSpread: 0.5,
  noise: 0.5,
  most: 8,
}

const ACTIONS = ['hold', 'push', 'email']

/** Decisions of `users` users. */
export function drawWorld(world: SegmentWorld, users: number, random: () => number): EvaluationLog {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const [owners, places, rewards, propensities, context, segments] = Array.from({ length: 6 }, (): number[] => [])
  const [targetPolicy, loggingPolicy] = Array.from({ length: 2 }, (): number[] => [])
  for (let user = 0; user < users; user++) {
    const segment = Math.floor(3 * random())
    const effect = world.userSpread * normal()
    const count = decisionsOf(world, segment, random)
    for (let j = 0; j < count; j++) {
      const place = drawPlace(world.logging[segment]!, random())
      const mean = world.means[segment]![place]! + effect
      owners!.push(user)
      places!.push(place)
      propensities!.push(world.logging[segment]![place]!)
      rewards!.push(world.isBinary === true ? Number(random() < mean) : mean + world.noise * normal())
      targetPolicy!.push(...world.target[segment]!)
      loggingPolicy!.push(...world.logging[segment]!)
      context!.push(Number(segment === 1), Number(segment === 2))
      segments!.push(segment)
    }
  }
  const n = owners!.length
  return {
    offsets: Int32Array.from({ length: n + 1 }, (_, i) => 3 * i),
    chosen: places!,
    propensities: propensities!,
    targetPolicy: targetPolicy!,
    loggingPolicy: loggingPolicy!,
    users: owners!,
    rewards: [{ name: 'visit', values: rewards! }],
    identities: { indices: Int32Array.from({ length: 3 * n }, (_, k) => k % 3), names: ACTIONS },
    context: { width: 2, values: context! },
    segments: { indices: segments!, names: ['first', 'second', 'third'] },
  }
}

/** 1 to `most`, up to all of it in the last segment and half of it in the first. */
function decisionsOf({ most }: SegmentWorld, segment: number, random: () => number): number {
  return 1 + Math.floor(random() * Math.max(1, (most * (segment + 2)) / 4))
}

/** Value per decision of a policy of the world. */
export function trueValue(world: SegmentWorld, policy: readonly (readonly number[])[]): number {
  let [value, decisions] = [0, 0]
  for (let segment = 0; segment < 3; segment++) {
    const own = policy[segment]!.reduce((sum, p, a) => sum + p * world.means[segment]![a]!, 0)
    const count = meanDecisions(world, segment)
    value += count * own
    decisions += count
  }
  return value / decisions
}

/** Of 1 + floor(U x) with U uniform on [0, 1). */
function meanDecisions({ most }: SegmentWorld, segment: number): number {
  const x = Math.max(1, (most * (segment + 2)) / 4)
  const whole = Math.floor(x)
  // floor(U x) is k for k < whole with chance 1 / x each, and whole with what is left.
  return 1 + (whole * (whole - 1)) / 2 / x + whole * (1 - whole / x)
}

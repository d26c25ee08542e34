import { beforeAll, describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import {
  type Action,
  chosenAction,
  type Decision,
  decisionId,
  HOUR_MS,
  type Objective,
  type Opportunity,
  type Snapshot,
  type UserState,
  userId,
} from './domain/index.ts'
import { type EvaluationLog, evaluatePolicy, type PolicyEvaluation } from './evaluation/index.ts'
import { type RewardOutcome, rewardOf } from './learning/index.ts'
import { randomFrom } from './random/index.ts'
import { reweigh } from './reweigh.ts'
import { createWorld, type Happening, RETAIL, type World } from './simulation/index.ts'
import { groupsOf, person, RULES, requestOf, snapshotOf } from './testing/decision-scene.ts'

const SEEDS = 60
const PEOPLE = 4_000
const DAYS = 4
const START = Date.UTC(2026, 4, 4)
const LEVEL = 0.9
const VISITS: Objective = {
  name: 'visits',
  events: ['App Visited'],
  aggregate: 'any',
  windowHours: 24,
  unit: 'visits',
  weight: 1,
  priorEffect: { push: 0.1, email: 0.05 },
  priorEffectSd: 0.2,
  noiseSd: 0.5,
}
const SPENT: Objective = { ...VISITS, name: 'spent', aggregate: 'sum', windowHours: 72, unit: 'EUR', noiseSd: 20 }
const OBJECTIVES = [VISITS, SPENT]
const ADDRESSED = {
  ...RULES,
  channels: { ...RULES.channels, email: { consent: 'opt-out' as const, pricePerSend: 0 } },
}
const BASE = { objectives: OBJECTIVES, rules: ADDRESSED }
/** Policy A: what logs, with enough chance everywhere. */
const LOGGING: Snapshot = snapshotOf({
  ...BASE,
  groups: groupsOf('paloma', { kind: 'thompson', floor: 0.5, sharpness: 1 }),
})
/** Policy B: another price, another weight, less chance; no other belief, as everything is judged with what was known. */
const CANDIDATE: Snapshot = {
  ...LOGGING,
  version: 'candidate',
  objectives: [{ ...VISITS, weight: 6 }, SPENT],
  prices: { 'channel:push': 0.3 },
  groups: groupsOf('paloma', { kind: 'greedy', floor: 0.2 }),
}

interface Person {
  readonly user: UserState
  readonly index: number
  readonly at: number
  readonly offers: readonly Opportunity[]
}

/** Everybody with something to be told on the first evening. */
function peopleOf(world: World): readonly Person[] {
  const offers = new Map<string, Opportunity[]>()
  for (const each of world.direct.opportunitiesOf({ day: 0, from: 0, to: PEOPLE })) {
    offers.set(each.userId, [...(offers.get(each.userId) ?? []), each])
  }
  return world.users.flatMap(({ index, userId: id, traits, timeZone, email, hasPush }): Person[] => {
    const at = world.momentAt(index, 0, 20)
    const open = (offers.get(id) ?? []).filter(
      ({ category, window }) => category !== 'transactional' && window.notBefore <= at && window.expires > at,
    )
    const addresses = { ...(email === undefined ? {} : { email }), ...(hasPush ? { pushToken: id } : {}) }
    const user = person({ userId: userId(id), traits, timeZone, addresses })
    return open.length === 0 ? [] : [{ user, index, at, offers: open }]
  })
}

/** What follows for everybody where each gets this action, or is held. */
function live(
  world: World,
  people: readonly Person[],
  actionOf: (i: number) => Action | undefined,
): readonly (readonly number[])[] {
  world.direct.reset()
  const happened = new Map<number, Happening[]>(people.map(({ index }) => [index, []]))
  const emit = (each: Happening): void => void happened.get(each.userIndex)?.push(each)
  people.forEach(({ index, at, offers }, i) => {
    const action = actionOf(i)
    if (action === undefined || action.kind === 'hold') return
    const { message, category } = offers.find(({ id }) => id === action.opportunityId)!
    const { channel, variant, opportunityId } = action
    const cause = { channel, message, variant, opportunityId, category, decisionId: opportunityId }
    world.direct.deliver({ ...cause, userIndex: index, at }, emit)
  })
  for (let day = 0; day < DAYS; day += 1) world.direct.closeDay({ day, from: 0, to: PEOPLE }, emit)
  return people.map(({ index, at }) =>
    OBJECTIVES.map((objective) => {
      const seen = happened
        .get(index)!
        .filter((each) => each.at >= at && each.at <= at + objective.windowHours * HOUR_MS)
      return rewardOf(objective, at, seen.flatMap(outcomesOf))
    }),
  )
}

function outcomesOf({ kind, at, revenue }: Happening): readonly RewardOutcome[] {
  const values: Readonly<Record<string, number>> | null =
    kind === 'visit' ? { visits: 1 } : kind === 'order' ? { spent: revenue } : null
  return values === null ? [] : [{ at, name: kind, values, reachLoss: null, channel: null }]
}

interface Finding {
  readonly evaluation: PolicyEvaluation
  /** By objective: what B would have got from the very same people, all of its chances weighed; and what A would. */
  readonly candidate: readonly number[]
  readonly logging: readonly number[]
}

/** One shop: A decides once for everybody and it is written down; then B lives with the same people, through every action it might take. */
function shop(seed: number): Finding {
  const world = createWorld({ scenario: RETAIL, users: PEOPLE, days: DAYS, seed, startAt: START })
  const people = peopleOf(world)
  const random = randomFrom(`shop ${seed}`)
  const decisions = people.map(({ user, at, offers }, i) => {
    const request = requestOf(offers, { decisionId: decisionId(`${seed}-${i}`), user, context: {} })
    return decide(LOGGING, request, { now: at, random })
  })
  const reweighed = decisions.map((decision, i) => reweigh(CANDIDATE, decision, people[i]!.offers))
  const rewards = live(world, people, (i) => chosenAction(decisions[i]!))
  const most = Math.max(...reweighed.map(({ actions }) => actions.length))
  const potential = Array.from({ length: most }, (_, k) => live(world, people, (i) => reweighed[i]!.actions[k]))
  const worthOf = (chances: (i: number) => readonly number[]): readonly number[] =>
    OBJECTIVES.map((_, m) => {
      const sum = people.reduce(
        (all, _person, i) => all + chances(i).reduce((own, p, k) => own + p * potential[k]![i]![m]!, 0),
        0,
      )
      return sum / people.length
    })
  return {
    evaluation: evaluatePolicy(logOf(decisions, reweighed, rewards), { seed: 'proof', level: LEVEL, resamples: 0 }),
    candidate: worthOf((i) => reweighed[i]!.candidate),
    logging: worthOf((i) => reweighed[i]!.logged),
  }
}

function logOf(
  decisions: readonly Decision[],
  reweighed: readonly ReturnType<typeof reweigh>[],
  rewards: readonly (readonly number[])[],
): EvaluationLog {
  const offsets = [0]
  for (const { actions } of reweighed) offsets.push(offsets.at(-1)! + actions.length)
  const names = ['hold', 'push', 'email', 'in-app']
  return {
    offsets,
    chosen: decisions.map(({ chosen }) => chosen),
    propensities: decisions.map(({ propensity }) => propensity),
    targetPolicy: reweighed.flatMap(({ candidate }) => candidate),
    loggingPolicy: reweighed.flatMap(({ logged }) => logged),
    users: decisions.map((_, i) => i),
    rewards: OBJECTIVES.map(({ name }, m) => ({ name, values: rewards.map((own) => own[m]!) })),
    identities: {
      names,
      indices: reweighed.flatMap(({ actions }) =>
        actions.map((action) => (action.kind === 'hold' ? 0 : names.indexOf(action.channel))),
      ),
    },
  }
}

describe('a candidate evaluated on the log of a simulated shop, then lived with the same people', () => {
  let findings: readonly Finding[] = []
  beforeAll(() => {
    findings = Array.from({ length: SEEDS }, (_, seed) => shop(seed + 1))
  })
  const mean = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0) / numbers.length
  /** What people of this kind would bring: of all shops together. */
  const truthOf = (pick: (finding: Finding) => number): number => mean(findings.map(pick))
  const covered = (m: number, of: 'value' | 'difference', truth: (finding: Finding) => number): number =>
    findings.filter((finding) => {
      const estimate = finding.evaluation.objectives[m]![of]
      return estimate.kind === 'estimate' && estimate.low <= truth(finding) && truth(finding) <= estimate.high
    }).length

  it('is another policy, of which the log tells enough', () => {
    for (const { evaluation } of findings) {
      const { overlap, gates } = evaluation
      expect(overlap.unsupportedMass).toBe(0)
      expect(overlap.effectiveShare).toBeLessThan(0.9)
      const structural = gates.filter(({ name }) => name !== 'agreement')
      expect(structural.filter(({ status }) => status === 'failed')).toEqual([])
    }
    const gain = truthOf(({ candidate, logging }) => candidate[0]! - logging[0]!)
    expect(Math.abs(gain)).toBeGreaterThan(0.005)
  })

  it.each(OBJECTIVES.map(({ name }, m) => ({ name, m })))(
    'has $name in its 90 % interval in 90 % of shops, within binomial error',
    ({ m }) => {
      const counts = {
        value: covered(m, 'value', () => truthOf(({ candidate }) => candidate[m]!)),
        difference: covered(m, 'difference', () => truthOf(({ candidate, logging }) => candidate[m]! - logging[m]!)),
      }
      const error = Math.sqrt((LEVEL * (1 - LEVEL)) / SEEDS)
      expect(Math.abs(counts.value / SEEDS - LEVEL)).toBeLessThan(3 * error)
      expect(Math.abs(counts.difference / SEEDS - LEVEL)).toBeLessThan(3 * error)
    },
  )

  it.each(OBJECTIVES.map(({ name }, m) => ({ name, m })))(
    'has what the very same people would have brought in $name at least as often, and is right in the mean',
    ({ m }) => {
      const same = {
        value: covered(m, 'value', ({ candidate }) => candidate[m]!),
        difference: covered(m, 'difference', ({ candidate, logging }) => candidate[m]! - logging[m]!),
      }
      const error = Math.sqrt((LEVEL * (1 - LEVEL)) / SEEDS)
      expect(same.value / SEEDS).toBeGreaterThan(LEVEL - 3 * error)
      expect(same.difference / SEEDS).toBeGreaterThan(LEVEL - 3 * error)
      const errors = findings.map(({ evaluation, candidate }) => {
        const { value } = evaluation.objectives[m]!
        return value.kind === 'estimate' ? (value.mean - candidate[m]!) / value.stdError : Number.NaN
      })
      expect(Math.abs(mean(errors))).toBeLessThan(3 / Math.sqrt(SEEDS))
    },
  )
})

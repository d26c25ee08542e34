import { describe, expect, it } from 'vitest'
import { type HeadState, HOUR_MS, type LearningFeatures, type Objective, VISIT_MOMENT } from '../domain/index.ts'
import { randomFrom } from '../random/index.ts'
import { learnVisits, personHours, type VisitResult, visitResultOf } from './learn-visits.ts'
import { chanceOf } from './logistic-head.ts'
import { priorVisitHead, visitHeadOf, visitWidth } from './visit-heads.ts'
import { HOUR_NAMES, putHour, putSend, SEND_WIDTH, userHours } from './visit-hours.ts'
import { chanceWithout, extraChance, lookAtHours, type VisitHazard, visitModelOf } from './visit-model.ts'

const HOURS = 24
const VISITS: Objective = {
  name: 'visits',
  events: ['App Visited'],
  aggregate: 'any',
  windowHours: HOURS,
  unit: 'visits',
  weight: 1,
  model: 'visit',
  priorEffectSd: 0.05,
}
const MOMENT = [9.5, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0]
const LEARNING: LearningFeatures = {
  baseline: [1],
  centred: [],
  sent: null,
  visit: { moment: MOMENT, sent: [1], chances: [0.4] },
}

function outcome(hours: number, name = 'visits') {
  const values = { [name]: 1 }
  return { at: hours * HOUR_MS, name: 'App Visited', values, reachLoss: null, channel: null }
}

describe('what a decision tells of the next visit', () => {
  it.each([
    ['nobody came', [], null],
    ['the earliest visit counts', [outcome(7.2), outcome(3.9)], 3],
    ['what counts for something else does not', [outcome(2, 'orders'), outcome(5)], 5],
    ['a visit at the very end falls into the last hour', [outcome(24)], 23],
  ])('%s', (_what, outcomes, afterHours) => {
    expect(visitResultOf(VISITS, 0, { learning: LEARNING, outcomes })?.afterHours).toBe(afterHours)
  })

  it('is nothing for other objectives, and where nothing was kept for it', () => {
    const { visit: _, ...without } = LEARNING
    expect(visitResultOf(VISITS, 0, { learning: without, outcomes: [] })).toBeNull()
    expect(visitResultOf({ ...VISITS, model: 'effect' }, 0, { learning: LEARNING, outcomes: [] })).toBeNull()
    expect(visitResultOf(null, 0, { learning: LEARNING, outcomes: [] })).toBeNull()
  })

  it('are the hours up to the visit, in each a send minus its probability, and what usual sending does beside', () => {
    const result = { visit: LEARNING.visit!, baseline: [1], afterHours: 2 }
    const at = 1 + HOUR_NAMES.length
    const prior = priorVisitHead(1, 1)
    const options = { head: { ...prior, mean: prior.mean.map((_, j) => (j === at + 1 ? 0.5 : 0)) }, windowHours: HOURS }
    const trials = [...personHours(result, options)].map(({ happened }) => happened)
    expect(trials).toEqual([false, false, true])
    expect([...personHours({ ...result, afterHours: null }, options)]).toHaveLength(HOURS)
    let k = 0
    for (const { features, offset } of personHours(result, options)) {
      const works = 2 ** (-(k + 0.5) / 6)
      expect(features[at + 1]).toBeCloseTo(0.6 * works, 12)
      expect(offset).toBeCloseTo(0.4 * 0.5 * works, 12)
      expect(features[0]).toBe(1)
      k += 1
    }
  })
})

/** What makes people of a simulated crowd come, beside what is told of them. */
interface Truth {
  /** Log odds of an hour by weight on g(x) = [1, x], on hours, and on the columns of a send. */
  readonly user: readonly number[]
  readonly hours: Readonly<Partial<Record<(typeof HOUR_NAMES)[number], number>>>
  readonly send: readonly number[]
}

interface Person {
  readonly baseline: readonly number[]
  readonly moment: readonly number[]
  /** Beside what is known of him. */
  readonly hidden: number
}

function logOddsOf(
  { user, hours, send }: Truth,
  { baseline, moment, hidden }: Person,
  at: { k: number; sent: number },
) {
  const found = new Float64Array(HOUR_NAMES.length)
  const works = new Float64Array(SEND_WIDTH)
  putHour(userHours(moment, moment[2]!), at.k, { out: found, at: 0 })
  putSend({ delayHours: 0, level: moment[2]! }, at.k, { out: works, at: 0 })
  let sum = hidden
  user.forEach((weight, i) => {
    sum += weight * baseline[i]!
  })
  HOUR_NAMES.forEach((name, i) => {
    sum += (hours[name] ?? 0) * found[i]!
  })
  send.forEach((weight, j) => {
    sum += at.sent * weight * works[j]!
  })
  return sum
}

function trueChance(truth: Truth, person: Person, sent: number): number {
  let stays = 1
  for (let k = 0; k < HOURS; k += 1) stays *= 1 - chanceOf(logOddsOf(truth, person, { k, sent }))
  return 1 - stays
}

function live(truth: Truth, person: Person, { sent, random }: { sent: number; random: () => number }): number | null {
  for (let k = 0; k < HOURS; k += 1) if (random() < chanceOf(logOddsOf(truth, person, { k, sent }))) return k
  return null
}

function hazardAfter(results: readonly VisitResult[], width: number): { hazard: VisitHazard; head: HeadState } {
  const name = visitHeadOf('visits')
  const head = learnVisits({ [name]: priorVisitHead(width, 1) }, VISITS, results)[name]!
  const model = visitModelOf({
    objectives: [VISITS],
    columns: { visits: { push: 0 } },
    channels: { push: 0, 'in-app': 1 },
    baselineWidth: width,
    head: () => head,
  })
  return { hazard: model!.hazards[0]!, head }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

describe('a hazard learned from hours', () => {
  const truth: Truth = {
    user: [-4.2, 0.5],
    hours: { 'visit rate': 0.8, 'hour cosine': -0.6, 'own hours': 1, 'visited a day ago': -0.5 },
    send: [1.2, 0.3, 0, -0.5, 0],
  }
  const random = randomFrom('people who come by themselves')
  const some = (): Person => {
    const angle = 2 * Math.PI * random()
    const own = [Math.cos(angle), Math.sin(angle)].map((value) => 0.6 * value)
    const moment = [168 * random(), 100 * random(), 2 * random() - 1, ...own, 0, 0, 0, 0, random(), random()]
    return { baseline: [1, 2 * random() - 1], moment, hidden: 0 }
  }
  const chance = 0.4
  const seen = (person: Person): VisitResult => {
    const sent = random() < chance ? 1 : 0
    const { baseline, moment } = person
    return {
      visit: { moment, sent: [sent], chances: [chance] },
      baseline,
      afterHours: live(truth, person, { sent, random }),
    }
  }
  const results = Array.from({ length: 3000 }, () => seen(some()))
  const { hazard, head } = hazardAfter(results, 2)

  it('finds what makes people come, within its own uncertainty', () => {
    const at = (place: number) => ({
      value: head.mean[place]!,
      sd: Math.sqrt(head.covariance[(place * (place + 3)) / 2]!),
    })
    const hour = (name: (typeof HOUR_NAMES)[number]) => at(2 + HOUR_NAMES.indexOf(name))
    const known: readonly (readonly [{ value: number; sd: number }, number])[] = [
      [at(1), 0.5],
      [hour('visit rate'), 0.8],
      [hour('hour cosine'), -0.6],
      [hour('own hours'), 1],
      [at(2 + HOUR_NAMES.length), 1.2],
      [at(2 + HOUR_NAMES.length + 3), -0.5],
    ]
    for (const [{ value, sd }, wanted] of known) expect(Math.abs(value - wanted)).toBeLessThan(3 * sd + 0.05)
    expect(hour('visit rate').sd).toBeLessThan(0.1)
  })

  it('says of new people how likely they come if nothing is sent, and what a send adds, in every tenth', () => {
    const people = Array.from({ length: 2000 }, some)
    const rows = people.map((person) => {
      lookAtHours(hazard, person.baseline, person.moment)
      const without = chanceWithout(hazard).chance
      const extra = extraChance(hazard, 0, 0).chance
      const true0 = trueChance(truth, person, 0)
      return { without, extra, true0, trueExtra: trueChance(truth, person, 1) - true0 }
    })
    rows.sort((a, b) => a.without - b.without)
    for (let tenth = 0; tenth < 10; tenth += 1) {
      const part = rows.slice(tenth * 200, (tenth + 1) * 200)
      const [said, real] = [mean(part.map((row) => row.without)), mean(part.map((row) => row.true0))]
      expect(Math.abs(said - real)).toBeLessThan(0.05)
    }
    expect(Math.abs(mean(rows.map((row) => row.without - row.true0)))).toBeLessThan(0.02)
    expect(Math.abs(mean(rows.map((row) => row.extra - row.trueExtra)))).toBeLessThan(0.015)
  })

  it('is the same bits however decisions are split into batches, and leaves out those of another shape', () => {
    const name = visitHeadOf('visits')
    const start = { [name]: priorVisitHead(2, 1) }
    const some200 = results.slice(0, 200)
    const whole = learnVisits(start, VISITS, some200)[name]
    const halves = learnVisits(learnVisits(start, VISITS, some200.slice(0, 77)), VISITS, some200.slice(77))[name]
    expect(halves).toEqual(whole)
    const strange = { ...some200[0]!, baseline: [1, 2, 3] }
    expect(learnVisits(start, VISITS, [...some200, strange])[name]).toEqual(whole)
    expect(learnVisits(start, VISITS, [strange])[name]!.n).toBe(0)
  })
})

describe('a logger that sends more to those who come anyway', () => {
  /** Of people nothing is known; half of them come often, and get four sends of five. */
  const truth: Truth = { user: [-4.4], hours: {}, send: [1.2, 0.8, 0, 0, 0] }
  const random = randomFrom('a logger who knows more than we do')
  const person = (hidden: number): Person => ({ baseline: [1], moment: MOMENT, hidden })
  const results = Array.from({ length: 5000 }, (): VisitResult => {
    const hidden = random() < 0.5 ? 0.9 : -0.9
    const chance = hidden > 0 ? 0.8 : 0.2
    const sent = random() < chance ? 1 : 0
    const afterHours = live(truth, person(hidden), { sent, random })
    return { visit: { moment: MOMENT, sent: [sent], chances: [chance] }, baseline: [1], afterHours }
  })
  const real = mean(
    [0.9, -0.9].map((hidden) => trueChance(truth, person(hidden), 1) - trueChance(truth, person(hidden), 0)),
  )
  const learned = (from: readonly VisitResult[]) => {
    const { hazard } = hazardAfter(from, 1)
    lookAtHours(hazard, [1], MOMENT)
    const { chance, variance } = extraChance(hazard, 0, 0)
    return { chance, sd: Math.sqrt(variance) }
  }

  it('does not make sends look better than they are, because they are learned from beside their probability', () => {
    const { chance, sd } = learned(results)
    expect(Math.abs(chance - real)).toBeLessThan(2 * sd)
    expect(sd).toBeLessThan(0.25 * real)
  })

  it('would, if sends were learned from as they are', () => {
    const uncentred = results.map((result) => ({ ...result, visit: { ...result.visit, chances: [0] } }))
    const { chance, sd } = learned(uncentred)
    expect(chance).toBeGreaterThan(real + 4 * sd)
  })
})

it('has a prior that says what reports say: some 4 to 5 % more visits within a day, half as many again within an hour', () => {
  const { hazard, head } = hazardAfter([], 1)
  expect(head.dimension).toBe(visitWidth(1, 1))
  lookAtHours(
    hazard,
    [1],
    VISIT_MOMENT.map((_, i) => (i === 0 ? 9.5 : i === 1 ? 100 : 0)),
  )
  const { chance } = chanceWithout(hazard)
  expect(chance).toBeCloseTo(0.2, 1)
  expect(extraChance(hazard, 0, 0).chance / chance).toBeGreaterThan(0.03)
  expect(extraChance(hazard, 0, 0).chance / chance).toBeLessThan(0.08)
})

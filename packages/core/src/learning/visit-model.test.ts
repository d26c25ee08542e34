import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HeadState, Objective } from '../domain/index.ts'
import { chanceOf, createLogisticHead } from './logistic-head.ts'
import { visitWidth } from './visit-heads.ts'
import { HOUR_NAMES, putHour, putSend, SEND_HALF_LIVES, SEND_WIDTH, userHours } from './visit-hours.ts'
import { chanceWithout, extraChance, fillExtras, lookAtHours, type VisitHazard, visitModelOf } from './visit-model.ts'

const HOURS = 24
/** g(x) is a 1 and one trait. */
const WIDTH = 2
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
/** One visit in five days. */
const USUAL = 1 - 0.8 ** (1 / 24)
/** Monday 9:30, last visit 30 hours ago, no rhythm of his own. */
const MOMENT = [9.5, 30, 0.2, 0, 0, 0, 0, 0, 0, 0.5, 0.8]

function headOf(weights: Readonly<Record<number, number>>, variance = 0.04): HeadState {
  const width = visitWidth(WIDTH, 2)
  const mean = Array.from({ length: width }, (_, i) => weights[i] ?? 0)
  return createLogisticHead({ mean, variance: mean.map(() => variance) })
}

function modelOf(head: HeadState, hours = HOURS) {
  return visitModelOf({
    objectives: [{ ...VISITS, windowHours: hours }],
    columns: { visits: { push: 0, email: 1 } },
    channels: { push: 0, email: 1, 'in-app': 2 },
    baselineWidth: WIDTH,
    head: () => head,
  })!
}

function hazardOf(head: HeadState, hours = HOURS): VisitHazard {
  return modelOf(head, hours).hazards[0]!
}

const SQUARE = WIDTH + HOUR_NAMES.indexOf('level squared')
const SENDS_AT = WIDTH + HOUR_NAMES.length

describe('an hour after a decision', () => {
  const hour = (k: number, moment: readonly number[] = MOMENT): Record<string, number> => {
    const out = new Float64Array(HOUR_NAMES.length)
    putHour(userHours(moment, -1.5), k, { out, at: 0 })
    return Object.fromEntries(HOUR_NAMES.map((name, i) => [name, out[i]!]))
  }

  it('is told at its middle: what was visited, what the clock shows, earlier sends that fade', () => {
    const found = hour(2)
    expect(found['visited hours ago']).toBeCloseTo(2 ** (-32.5 / 6), 12)
    expect(found['visited a day ago']).toBeCloseTo(2 ** (-32.5 / 24), 12)
    expect(found['long since visit']).toBeCloseTo(Math.log(1 + 32.5 / 24) / Math.log(29), 12)
    expect(found['hour sine']).toBeCloseTo(0, 12) // 12:00
    expect(found['hour cosine']).toBeCloseTo(-1, 12)
    expect(found['half-day cosine']).toBeCloseTo(1, 12)
    expect(found['sends of a day']).toBeCloseTo(0.5 * 2 ** (-2.5 / 24), 12)
    expect(found['level squared']).toBeCloseTo(0.75, 12)
    expect(found['sends of three days']).toBeCloseTo(0.8 * 2 ** (-2.5 / 72), 12)
  })

  it.each([
    [106, 13, 0],
    [106, 14, 1],
    [143, 0, 1],
    [167, 0, 1],
    [167, 1, 0],
  ])('from hour %d of the week on, %d hours later, is the weekend: %d', (start, k, weekend) => {
    expect(hour(k, [start, ...MOMENT.slice(1)]).weekend).toBe(weekend)
  })

  it('knows the own hours of who always comes at 20:00', () => {
    const angle = (20 / 24) * 2 * Math.PI
    const own = [1, 2, 3].flatMap((n) => [Math.cos(n * angle), Math.sin(n * angle)])
    const moment = [19.5, 30, 0, ...own, 0, 0]
    expect([0, 12].map((k) => hour(k, moment)['own hours'])).toEqual([expect.closeTo(1, 12), expect.closeTo(-1, 12)])
    expect(hour(0, moment)['own half-days']).toBeCloseTo(1, 12)
    expect(hour(0, moment)['own thirds of a day']).toBeCloseTo(1, 12)
  })

  it('has of a send what comes after it: nothing before, part of the hour in which it goes out, half after each half-life', () => {
    const works = (delay: number, k: number): number[] => {
      const out = new Float64Array(SEND_WIDTH)
      putSend({ delayHours: delay, level: 2 }, k, { out, at: 0 })
      return [...out]
    }
    expect(works(2.25, 1)).toEqual([0, 0, 0, 0, 0])
    expect(works(2.25, 2)[0]).toBeCloseTo(0.75 * 2 ** -0.375, 12)
    const left = [1, 6, 24].map((halfLife) => 2 ** (-3.5 / halfLife))
    expect(works(2.25, 4)[1]).toBeCloseTo(2 ** (-2.25 / 6), 12)
    expect(works(0, 3)).toEqual([...left, 2 * left[0]!, 2 * left[1]!].map((value) => expect.closeTo(value, 12)))
  })
})

describe('the chance of a next visit', () => {
  it('is one minus the product of staying away, hour by hour, by hand', () => {
    const weights = { 0: -4, 1: 0.5, [WIDTH + 8]: 0.3, [SENDS_AT]: 1.2, [SENDS_AT + 1]: 0.4, [SENDS_AT + 3]: -0.5 }
    const hazard = hazardOf(headOf(weights), 2)
    lookAtHours(hazard, [1, 2], [119, ...MOMENT.slice(1)]) // Friday, 23:00
    const [first, second] = [-4 + 0.5 * 2, -4 + 0.5 * 2 + 0.3]
    const without = 1 - (1 - chanceOf(first)) * (1 - chanceOf(second))
    expect(chanceWithout(hazard).chance).toBeCloseTo(without, 14)
    const sent = (age: number, logOdds: number) => {
      const level = logOdds - Math.log(USUAL / (1 - USUAL))
      return (1.2 - 0.5 * level) * 2 ** -age + 0.4 * 2 ** (-age / 6)
    }
    const withSend = 1 - (1 - chanceOf(first + sent(0.5, first))) * (1 - chanceOf(second + sent(1.5, second)))
    expect(extraChance(hazard, 0, 0).chance).toBeCloseTo(withSend - without, 14)
    const late = 1 - (1 - chanceOf(first)) * (1 - chanceOf(second + sent(0.5, second)))
    expect(extraChance(hazard, 0, 1).chance).toBeCloseTo(late - without, 14)
    expect(extraChance(hazard, 1, 0).chance).toBe(0)
  })

  /** Thousandths, because doubles at random lie near 0. */
  const between = (min: number, max: number): fc.Arbitrary<number> =>
    fc.integer({ min: 1000 * min, max: 1000 * max }).map((value) => value / 1000)
  const weight = between(-1, 1)
  const scene = fc.record({
    level: between(-8, 2),
    rest: fc.array(weight, { minLength: visitWidth(WIDTH, 2) - 1, maxLength: visitWidth(WIDTH, 2) - 1 }),
    trait: weight,
    rate: between(0, 3),
    moment: fc.tuple(between(0, 167), between(0, 672)),
    hours: fc.integer({ min: 1, max: 60 }),
    delay: between(0, 60),
  })
  const isLevelled = (column: number): boolean =>
    column >= SENDS_AT && (column - SENDS_AT) % SEND_WIDTH >= SEND_HALF_LIVES.length
  const isSend = (column: number): boolean => column >= SENDS_AT && !isLevelled(column)
  type Scene = typeof scene extends fc.Arbitrary<infer T> ? T : never
  const momentOf = ({ moment, rate }: Scene) => [...moment, rate, ...MOMENT.slice(3)]
  const looked = (drawn: Scene): VisitHazard => {
    const { level, rest, trait, hours } = drawn
    const hazard = hazardOf(headOf({ 0: level, ...Object.fromEntries(rest.map((w, i) => [i + 1, w])) }), hours)
    lookAtHours(hazard, [1, trait], momentOf(drawn))
    return hazard
  }

  it('is a probability; a send that adds to the hazard adds to it, one that takes away takes away, one after the window does nothing', () => {
    fc.assert(
      fc.property(scene, (drawn) => {
        const up = looked({
          ...drawn,
          rest: drawn.rest.map((w, i) => (isSend(i + 1) ? Math.abs(w) : isLevelled(i + 1) ? 0 : w)),
        })
        const { chance } = chanceWithout(up)
        expect(chance).toBeGreaterThan(0)
        expect(chance).toBeLessThanOrEqual(1)
        const extra = extraChance(up, 0, drawn.delay).chance
        expect(extra).toBeGreaterThanOrEqual(-1e-12)
        expect(chance + extra).toBeLessThanOrEqual(1 + 1e-12)
        const down = looked({
          ...drawn,
          rest: drawn.rest.map((w, i) => (isSend(i + 1) ? -Math.abs(w) : isLevelled(i + 1) ? 0 : w)),
        })
        expect(extraChance(down, 0, drawn.delay).chance).toBeLessThanOrEqual(1e-12)
        expect(extraChance(up, 0, drawn.hours).chance).toBeCloseTo(0, 12)
      }),
      { seed: 20_261_130, numRuns: 100 },
    )
  })

  it('adds less for who comes anyway where a message is believed to bring visits beside those that come by themselves', () => {
    const extras = [-6, -5, -4, -3, -2, -1].map((level) => {
      const hazard = hazardOf(headOf({ 0: level, [SENDS_AT]: 1.2, [SENDS_AT + 3]: -0.6 }))
      lookAtHours(hazard, [1, 0], MOMENT)
      return extraChance(hazard, 0, 0).chance
    })
    // Log odds −5 bring .15 within a day by themselves, −3 bring .69.
    expect(extras[1]).toBeGreaterThan(3 * extras[3]!)
    expect(extras[4]).toBeLessThan(0)
  })

  it('grows with the level, with and without a send, and with the length of the window', () => {
    fc.assert(
      fc.property(scene, (drawn) => {
        const rest = drawn.rest.map((w, i) => (isLevelled(i + 1) || i + 1 === SQUARE ? 0 : w))
        const [low, high] = [looked({ ...drawn, rest }), looked({ ...drawn, rest, level: drawn.level + 0.5 })]
        const both = (hazard: VisitHazard): readonly number[] => {
          const { chance } = chanceWithout(hazard)
          return [chance, chance + extraChance(hazard, 1, drawn.delay).chance]
        }
        const [before, after] = [both(low), both(high)]
        for (let i = 0; i < 2; i += 1) expect(after[i]! - before[i]!).toBeGreaterThanOrEqual(-1e-12)
        const longer = looked({ ...drawn, rest, hours: drawn.hours + 1 })
        expect(chanceWithout(longer).chance).toBeGreaterThanOrEqual(before[0]! - 1e-12)
      }),
      { seed: 20_261_130, numRuns: 100 },
    )
  })

  it('is as unsure as its weights make it: slopes agree with finite differences', () => {
    fc.assert(
      fc.property(scene, (drawn) => {
        // What hangs on levels is looked at as given.
        const rest = drawn.rest.map((w, i) => (i + 1 === SQUARE || isLevelled(i + 1) ? 0 : w))
        const hazard = looked({ ...drawn, rest })
        const delay = drawn.delay % drawn.hours
        const { variance } = extraChance(hazard, 1, delay)
        const gradient = [...hazard.gradient]
        const step = 1e-5
        const at = (i: number, by: number): number => {
          const mean = hazard.head.mean.map((w, j) => (j === i ? w + by : w))
          const moved = hazardOf({ ...hazard.head, mean }, drawn.hours)
          lookAtHours(moved, [1, drawn.trait], momentOf(drawn))
          return extraChance(moved, 1, delay).chance
        }
        let sum = 0
        for (let i = 0; i < gradient.length; i += 1) {
          expect((at(i, step) - at(i, -step)) / (2 * step)).toBeCloseTo(gradient[i]!, 6)
          sum += 0.04 * gradient[i]! ** 2
        }
        expect(variance).toBeCloseTo(sum, 12)
      }),
      { seed: 20_261_130, numRuns: 15 },
    )
  })

  it('is unsure of a send by what is unsure of the send: what both chances share cancels', () => {
    const covariance = headOf({}, 1e-8).covariance.slice()
    const head = { ...headOf({ 0: -6, [SENDS_AT]: 0.01 }), covariance }
    covariance[0] = 0.04 // the level, of variance .04, is far less known than all the rest
    const hazard = hazardOf(head)
    lookAtHours(hazard, [1, 0], MOMENT)
    const shared = Math.sqrt(chanceWithout(hazard).variance)
    expect(shared).toBeGreaterThan(0.005)
    expect(Math.sqrt(extraChance(hazard, 0, 0).variance)).toBeLessThan(shared / 500)
  })

  it('is worked out once per way, and is nothing on a channel that is seen on visits alone', () => {
    const model = modelOf(headOf({ 0: -4, [SENDS_AT]: 1, [SENDS_AT + SEND_WIDTH]: 0.5 }))
    const now = 1_000_000
    const way = (channel: 'push' | 'email' | 'in-app', sendAt = now) => ({ candidate: { channel, sendAt } })
    const sends = [way('push'), way('in-app'), way('push'), way('push', now + 7_200_000), way('email')]
    const out = { chances: new Float64Array(6).fill(9), variances: new Float64Array(6).fill(9) }
    lookAtHours(model.hazards[0]!, [1, 0], MOMENT)
    fillExtras(model, sends, { wayOf: Int32Array.of(0, 1, 0, 2, 3), now, rows: 6, out })
    const [, push, inApp, again, later, email] = out.chances
    expect(inApp).toBe(0)
    expect(again).toBe(push)
    expect(push).toBe(extraChance(model.hazards[0]!, 0, 0).chance)
    expect(later).toBe(extraChance(model.hazards[0]!, 0, 2).chance)
    expect(email).toBe(extraChance(model.hazards[0]!, 1, 0).chance)
    expect(out.variances[1]).toBeGreaterThan(0)
    expect([out.chances[0], out.variances[0]]).toEqual([9, 9]) // hold is not its to write
  })
})

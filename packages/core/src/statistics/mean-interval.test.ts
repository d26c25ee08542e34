import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/statistics.json' with { type: 'json' }
import { randomFrom } from '../random/index.ts'
import type { Estimate } from './estimate.ts'
import { differenceInterval, meanInterval } from './mean-interval.ts'
import { momentsOf } from './moments.ts'

/** Fails unless two numbers agree to nine digits (or decimal places, near zero); the cases are SciPy's. */
function expectClose(found: number | null, expected: number): void {
  expect(Math.abs((found ?? Number.NaN) - expected)).toBeLessThan(1e-9 * Math.max(1, Math.abs(expected)))
}

function interval(estimate: Estimate): Extract<Estimate, { kind: 'estimate' }> {
  if (estimate.kind !== 'estimate') throw new Error(`no interval: ${estimate.reason}`)
  return estimate
}

/** Share of `runs` intervals that hold `truth`. */
function coverage(truth: number, runs: number, draw: () => Estimate): number {
  let hits = 0
  for (let i = 0; i < runs; i++) {
    const { low, high } = interval(draw())
    if (low <= truth && truth <= high) hits++
  }
  return hits / runs
}

describe('meanInterval', () => {
  it.each(cases.mean)('gives the agreed interval for $values', ({ values, level, mean, low, high, stdError }) => {
    const found = interval(meanInterval(momentsOf(values), level))
    expectClose(found.mean, mean)
    expectClose(found.low, low)
    expectClose(found.high, high)
    expectClose(found.stdError, stdError)
  })

  it('answers with a reason where there is no interval', () => {
    expect(meanInterval(momentsOf([]), 0.95)).toEqual({ kind: 'undefined', reason: 'too-few-units', mean: null })
    expect(meanInterval(momentsOf([3]), 0.95)).toEqual({ kind: 'undefined', reason: 'too-few-units', mean: 3 })
    expect(meanInterval(momentsOf([3, 3, 3]), 0.95)).toEqual({ kind: 'undefined', reason: 'zero-variance', mean: 3 })
    expect(meanInterval(momentsOf([3, Number.NaN]), 0.95)).toEqual({
      kind: 'undefined',
      reason: 'not-finite',
      mean: null,
    })
    expect(meanInterval(momentsOf([3, 1 / 0, 2]), 0.95)).toEqual({
      kind: 'undefined',
      reason: 'not-finite',
      mean: null,
    })
  })

  it('refuses a level outside (0, 1)', () => {
    expect(() => meanInterval(momentsOf([1, 2]), 1)).toThrow(/level must be in \(0, 1\), got 1/)
  })

  it('grows with the level and shifts with the values', () => {
    const base = interval(meanInterval(momentsOf([1, 2, 4]), 0.9))
    const wider = interval(meanInterval(momentsOf([1, 2, 4]), 0.95))
    const moved = interval(meanInterval(momentsOf([11, 12, 14]), 0.9))
    expect(wider.high - wider.low).toBeGreaterThan(base.high - base.low)
    expect(moved.low - 10).toBeCloseTo(base.low, 9)
  })

  it('is calibrated for a rare, skewed reward', () => {
    const random = randomFrom('mean-calibration')
    // One user in five spends an exponential amount: mean 0.2, skewness 4.5. Of 600 users the true coverage is 0.945.
    const spend = () => (random() < 0.2 ? -Math.log(1 - random()) : 0)
    const share = coverage(0.2, 3000, () => meanInterval(momentsOf(Array.from({ length: 600 }, spend)), 0.95))
    expect(Math.abs(share - 0.95)).toBeLessThan(0.02)
  })
})

describe('differenceInterval', () => {
  it.each(cases.difference)('gives the agreed interval for $a against $b', ({ a, b, level, mean, low, high, dof }) => {
    const found = interval(differenceInterval(momentsOf(a), momentsOf(b), level))
    expectClose(found.mean, mean)
    expectClose(found.low, low)
    expectClose(found.high, high)
    expectClose(found.dof, dof)
  })

  it('turns over when the groups change places', () => {
    const [a, b] = [momentsOf([1, 5, 2, 7]), momentsOf([0, 1, 1])]
    const there = interval(differenceInterval(a, b, 0.95))
    const back = interval(differenceInterval(b, a, 0.95))
    expect(back.low).toBeCloseTo(-there.high, 12)
    expect(back.high).toBeCloseTo(-there.low, 12)
  })

  it('needs two units a side, but only one side that varies', () => {
    const flat = momentsOf([2, 2, 2])
    expect(differenceInterval(momentsOf([1]), flat, 0.95)).toMatchObject({ kind: 'undefined', reason: 'too-few-units' })
    expect(differenceInterval(momentsOf([5, 5]), flat, 0.95)).toEqual({
      kind: 'undefined',
      reason: 'zero-variance',
      mean: 3,
    })
    expect(interval(differenceInterval(momentsOf([1, 5]), flat, 0.95)).dof).toBeCloseTo(1, 12)
  })

  it('keeps t for a small group beside a large one', () => {
    const random = randomFrom('small-beside-large')
    const large = momentsOf(Array.from({ length: 5000 }, random))
    const small = momentsOf(Array.from({ length: 12 }, random))
    expect(interval(differenceInterval(small, large, 0.95)).dof).toBeLessThan(12)
    expect(interval(differenceInterval(large, large, 0.95)).dof).toBeNull()
  })

  it('is calibrated for normal groups of unequal size and spread', () => {
    const random = randomFrom('welch-calibration')
    const normal = (sd: number) => sd * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    const draw = (n: number, sd: number) => momentsOf(Array.from({ length: n }, () => normal(sd)))
    // Pooling the variances would cover about 0.74 here.
    const share = coverage(0, 3000, () => differenceInterval(draw(10, 3), draw(60, 1), 0.95))
    expect(Math.abs(share - 0.95)).toBeLessThan(0.015)
  })

  it('raises false alarms at its rate for a skewed null of unequal sizes', () => {
    const random = randomFrom('welch-null')
    const draw = (n: number) => momentsOf(Array.from({ length: n }, () => -Math.log(1 - random())))
    const share = coverage(0, 2000, () => differenceInterval(draw(60), draw(240), 0.95))
    expect(Math.abs(1 - share - 0.05)).toBeLessThan(0.02)
  })
})

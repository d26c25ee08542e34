import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDraws } from '../draws.ts'
import { meanOf, ratioOf, slopesOf, spreadOf } from './statistic.ts'

function columns(...lists: readonly (readonly number[])[]): Float64Array[] {
  return lists.map((list) => Float64Array.from(list))
}

describe('ratioOf', () => {
  it('has the standard error of Cochran’s linearisation', () => {
    const [a, b] = columns([1, 0, 2], [2, 1, 3])
    // R = 3/6; residuals 1 − 1, 0 − .5, 2 − 1.5.
    expect(ratioOf(a!, b!)).toEqual({ value: 0.5, stdError: Math.sqrt(0.5) / 6, events: 3 })
    const [none, zero] = columns([0], [0])
    expect(ratioOf(none!, zero!)).toBeNull()
  })

  it('covers the truth of clustered rates in about 95 of 100 logs', () => {
    let covered = 0
    for (let seed = 0; seed < 400; seed += 1) {
      const draws = createDraws(seed)
      const sends = Float64Array.from({ length: 150 }, (_, user) => 1 + Math.floor(20 * draws.uniform(user, 0, 1)))
      const opens = sends.map((n, user) => {
        const rate = 0.1 + 0.2 * draws.uniform(user, 0, 2)
        let count = 0
        for (let i = 0; i < n; i += 1) if (draws.uniform(user, i, 3) < rate) count += 1
        return count
      })
      const { value, stdError } = ratioOf(opens, sends)!
      if (Math.abs(value - 0.2) < 1.96 * stdError) covered += 1
    }
    expect(Math.abs(covered / 400 - 0.95)).toBeLessThan(0.035)
  })
})

describe('spreadOf', () => {
  it('finds the spread of chances behind few trials', () => {
    const draws = createDraws(1)
    const successes = Float64Array.from({ length: 20_000 }, (_, user) => {
      const chance = draws.uniform(user, 0, 1)
      let count = 0
      for (let day = 0; day < 10; day += 1) if (draws.uniform(user, day, 2) < chance) count += 1
      return count
    })
    const { value, stdError } = spreadOf(successes, 10)!
    expect(Math.abs(value - Math.sqrt(1 / 12))).toBeLessThan(3 * stdError)
    expect(stdError).toBeLessThan(0.004)
  })

  it('finds nothing where all have the same chance, or where there is no trial to spare', () => {
    expect(spreadOf(new Float64Array(50).fill(3), 10)).toBeNull()
    expect(spreadOf(new Float64Array(50).fill(1), 1)).toBeNull()
  })
})

describe('slopesOf', () => {
  it('answers the plane that made the rows, and none where x does not vary apart', () => {
    const rows = [
      [0, 0],
      [1, 0],
      [0, 2],
      [3, 1],
      [2, 2],
    ].map(([x1 = 0, x2 = 0], user) => ({ user, x1, x2, y: 1 + 2 * x1 - 3 * x2 }))
    const [first, second] = slopesOf(rows, 5)!
    expect(first.value).toBeCloseTo(2, 10)
    expect(second.value).toBeCloseTo(-3, 10)
    expect(first.stdError).toBeCloseTo(0, 10)
    expect(
      slopesOf(
        rows.map((row) => ({ ...row, x2: 2 * row.x1 })),
        5,
      ),
    ).toBeNull()
  })

  it('covers no slope in about 95 of 100 logs though rows of a user go together', () => {
    let covered = 0
    for (let seed = 0; seed < 300; seed += 1) {
      const draws = createDraws(seed)
      const rows = Array.from({ length: 1200 }, (_, i) => {
        const user = i % 120
        const y = draws.normal(user, 0, 1) + draws.normal(user, i, 2)
        return { user, y, x1: draws.uniform(user, i, 3) + draws.uniform(user, 0, 4), x2: draws.uniform(user, i, 5) }
      })
      const { value, stdError } = slopesOf(rows, 120)![0]
      if (Math.abs(value) < 1.96 * stdError) covered += 1
    }
    expect(Math.abs(covered / 300 - 0.95)).toBeLessThan(0.045)
  })
})

it('takes the mean of users whatever their order', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 2, maxLength: 30 }), (values) => {
      const forward = meanOf(Float64Array.from(values), 1)!
      const backward = meanOf(Float64Array.from([...values].reverse()), 1)!
      expect(backward.value).toBeCloseTo(forward.value, 10)
      expect(backward.stdError).toBeCloseTo(forward.stdError, 10)
    }),
    { seed: 1 },
  )
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type LimitProblem, pricesForLimits } from './limit-price.ts'

/** Users who hold (score 0) or use one of the resources, by softmax of score − price, with a floor mixed in. */
function softmaxUse(scores: readonly (readonly number[])[], floor: number): (prices: Float64Array) => Float64Array {
  return (prices) => {
    const use = new Float64Array(prices.length)
    for (const row of scores) {
      const weights = row.map((score, m) => Math.exp(score - prices[m]!))
      const total = weights.reduce((sum, weight) => sum + weight, 1)
      weights.forEach((weight, m) => {
        use[m] = use[m]! + (1 - floor) * (weight / total) + floor / (weights.length + 1)
      })
    }
    return use
  }
}

/** Users who are all alike and take the resource of the largest score − price, or hold when none is above 0. */
function greedyUse(users: number, scores: readonly number[]): (prices: Float64Array) => Float64Array {
  return (prices) => {
    const use = new Float64Array(prices.length)
    const net = scores.map((score, m) => score - prices[m]!)
    const best = net.indexOf(Math.max(...net))
    if (net[best]! > 0) use[best] = users
    return use
  }
}

const scores = fc.integer({ min: 1, max: 4 }).chain((m) =>
  fc.array(fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: m, maxLength: m }), {
    minLength: 5,
    maxLength: 20,
  }),
)

describe('pricesForLimits', () => {
  it('finds the closed form: N users at logistic(score − price) use L at score − logit(L / N)', () => {
    const problem: LimitProblem = {
      users: 100,
      probabilitiesAt: softmaxUse(
        Array.from({ length: 100 }, () => [2]),
        0,
      ),
      limits: [30],
      tolerance: 1e-9,
    }
    expect(pricesForLimits(problem)[0]).toBeCloseTo(2 - Math.log(30 / 70), 6)
  })

  it('charges nothing where limits do not bind', () => {
    const probabilitiesAt = softmaxUse(
      [
        [1, 2],
        [0, 1],
      ],
      0,
    )
    expect([...pricesForLimits({ users: 2, probabilitiesAt, limits: [2, 1.9], tolerance: 1e-3 })]).toEqual([0, 0])
  })

  it('keeps every limit and charges only where it binds', () => {
    fc.assert(
      fc.property(scores, fc.double({ min: 0.05, max: 1.2, noNaN: true }), (rows, share) => {
        const probabilitiesAt = softmaxUse(rows, 0.02)
        const free = probabilitiesAt(new Float64Array(rows[0]!.length))
        const limits = free.map((use, m) => Math.max(use * share * (m + 1) * 0.6, 0.03 * rows.length))
        const prices = pricesForLimits({ users: rows.length, probabilitiesAt, limits, tolerance: 1e-4 })
        const use = probabilitiesAt(prices)
        prices.forEach((price, m) => {
          expect(price).toBeGreaterThanOrEqual(0)
          expect(use[m]).toBeLessThanOrEqual(limits[m]!)
          if (price > 0) expect(use[m]).toBeGreaterThan(limits[m]! * 0.99)
        })
      }),
      { seed: 5, numRuns: 100 },
    )
  })

  it('ends at a step, just above it: greedy users have no price at which they use the limit exactly', () => {
    const values = [5, 4, 3, 2, 1]
    const probabilitiesAt = (prices: Float64Array) =>
      Float64Array.of(values.filter((value) => value > prices[0]!).length)
    const [price] = pricesForLimits({ users: 5, probabilitiesAt, limits: [2.5], tolerance: 1e-6 })
    expect(price).toBeGreaterThanOrEqual(3)
    expect(price).toBeLessThan(3.0001)
  })

  it.each([
    ['one limit is 0', [0, 5], [2, 1]],
    ['both are 0', [0, 0], [2, 1]],
    ['neither is 0', [3, 5], [2, 1]],
  ])(
    'does not overshoot when greedy users are all alike and %s: nobody sends where the scores end',
    (_, limits, ends) => {
      const problem: LimitProblem = { users: 10, probabilitiesAt: greedyUse(10, [2, 1]), limits, tolerance: 1e-3 }
      const prices = pricesForLimits(problem)
      expect([...problem.probabilitiesAt(prices)]).toEqual([0, 0])
      prices.forEach((price, m) => {
        expect(price / ends[m]!).toBeGreaterThanOrEqual(1)
        expect(price / ends[m]!).toBeLessThan(1.002)
      })
    },
  )

  it('finds tiny and huge prices', () => {
    for (const scale of [1e-9, 1e9]) {
      const probabilitiesAt = (prices: Float64Array) => Float64Array.of(10 / (1 + prices[0]! / scale))
      const [price] = pricesForLimits({ users: 10, probabilitiesAt, limits: [5], tolerance: 1e-6 })
      expect(price! / scale).toBeCloseTo(1, 4)
    }
  })

  it('names the limit that floors make impossible, with the least possible use', () => {
    const problem: LimitProblem = {
      users: 10,
      probabilitiesAt: softmaxUse(
        Array.from({ length: 10 }, () => [1, 1]),
        0.3,
      ),
      limits: [5, 0.5],
      tolerance: 1e-3,
    }
    expect(() => pricesForLimits(problem)).toThrow(/^limits\[1\] must be at least (1|0\.99+\d*), .* got 0\.5$/)
    expect(() => pricesForLimits({ ...problem, limits: [-1, 5] })).toThrow('limits[0] must be a number ≥ 0, got -1')
  })

  it('still keeps limits that chase each other, where sweeps alone converge slowly', () => {
    const rows = Array.from({ length: 50 }, () => [4, 4, 4, 4])
    const probabilitiesAt = softmaxUse(
      rows.map((row, i) => row.map((score, m) => score + (((i + m) % 7) - 3) / 10)),
      0,
    )
    const limits = [0.5, 0.5, 0.5, 0.5]
    const use = probabilitiesAt(pricesForLimits({ users: 50, probabilitiesAt, limits, tolerance: 1e-6 }))
    use.forEach((used) => {
      expect(used).toBeLessThanOrEqual(0.5)
    })
  })
})

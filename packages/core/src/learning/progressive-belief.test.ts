import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { choleskyFactor, choleskyInvert, normalQuantile, packedIndex, packedLength } from '../numeric/index.ts'
import { randomFrom } from '../random/index.ts'
import { factorRows } from './factor-rows.ts'
import { beliefFilter, longTermBelief, traceBelief } from './progressive-belief.ts'
import { addTrace, correctTrace, extendTrace, mergeTraces, noTraces } from './trace-counts.ts'
import { fitTracePrior, type TracePrior } from './trace-prior.ts'

/** A packed symmetric matrix from a function of row and column. */
function packed(horizon: number, entry: (i: number, j: number) => number): Float64Array {
  const matrix = new Float64Array(packedLength(horizon))
  for (let i = 0; i < horizon; i++) for (let j = 0; j <= i; j++) matrix[packedIndex(i, j)] = entry(i, j)
  return matrix
}

function priorOf(horizon: number): TracePrior {
  return {
    mean: Float64Array.from({ length: horizon }, (_, j) => 0.2 + 0.3 * Math.exp(-j / 3)),
    covariance: packed(horizon, (i, j) => 0.01 * Math.exp(-Math.abs(i - j) / 8)),
    noise: packed(horizon, (i, j) => (i === j ? 0.2 : 0.05)),
  }
}

const normal = (random: () => number) => normalQuantile(Math.max(random(), 1e-300))

/** A draw of N(mean, M M') with M the packed factor of `covariance`. */
function draw(mean: ArrayLike<number>, covariance: Float64Array, random: () => number): Float64Array {
  const factor = choleskyFactor(covariance, mean.length)!
  const z = Float64Array.from(mean, () => normal(random))
  return Float64Array.from(mean, (m, i) => {
    let sum = m
    for (let j = 0; j <= i; j++) sum += factor[packedIndex(i, j)]! * z[j]!
    return sum
  })
}

const shrinking = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 7, maxLength: 7 }).map((drops) => {
  let left = 200
  return Float64Array.from(drops, (drop) => {
    left = Math.max(0, left - drop)
    return left
  })
})

describe('the factor with rows below', () => {
  it.each([1, 2, 3, 5, 8])('is Cholesky’s and its inverse applied, for %i rows', (size) => {
    const matrix = new Float64Array((size + 5) * size)
    const dense = packed(size, (i, j) => (i === j ? 3 + i : 1 / (1 + i + j)))
    for (let i = 0; i < size; i++) for (let j = 0; j <= i; j++) matrix[i * size + j] = dense[packedIndex(i, j)]!
    // Below: the matrix itself once more, which L⁻¹ turns into L'.
    for (let i = 0; i < Math.min(size, 5); i++)
      for (let j = 0; j < size; j++) matrix[(size + i) * size + j] = dense[packedIndex(i, j)]!
    expect(factorRows({ matrix, stride: size, size, extra: 5 })).toBe(true)
    const factor = choleskyFactor(dense, size)!
    for (let i = 0; i < size; i++)
      for (let j = 0; j <= i; j++) expect(matrix[i * size + j]).toBeCloseTo(factor[packedIndex(i, j)]!, 12)
    for (let i = 0; i < Math.min(size, 5); i++)
      for (let j = 0; j < size; j++)
        expect(matrix[(size + i) * size + j]).toBeCloseTo(j <= i ? factor[packedIndex(i, j)]! : 0, 12)
  })

  it('says when there is none', () => {
    expect(factorRows({ matrix: Float64Array.of(1, 0, 2, 1), stride: 2, size: 2, extra: 0 })).toBe(false)
    expect(factorRows({ matrix: Float64Array.of(Number.NaN), stride: 1, size: 1, extra: 0 })).toBe(false)
  })
})

describe('the progressive belief', () => {
  it('is the prior before anybody was seen', () => {
    const prior = priorOf(5)
    const belief = traceBelief(prior, noTraces(5))
    expect(belief.mean).toEqual(prior.mean)
    expect(belief.covariance).toEqual(prior.covariance)
  })

  it('is conjugate regression where all users are complete: precision Σ⁻¹ + n V⁻¹', () => {
    const prior = priorOf(4)
    const invert = (m: Float64Array) => choleskyInvert(choleskyFactor(m, 4)!, 4)
    const [a, b] = [invert(prior.covariance), invert(prior.noise)]
    const posterior = invert(a.map((value, at) => value + 30 * b[at]!))
    const belief = traceBelief(prior, { users: new Float64Array(4).fill(30), sums: new Float64Array(4).fill(9) })
    belief.covariance.forEach((value, at) => {
      expect(value).toBeCloseTo(posterior[at]!, 12)
    })
  })

  it('agrees with a hand-worked single day: shrinkage Σ₁₁ / (Σ₁₁ + V₁₁ / n)', () => {
    const prior = { mean: Float64Array.of(1, 2), covariance: Float64Array.of(4, 2, 5), noise: Float64Array.of(8, 0, 8) }
    // n = 2, mean 4: M = 4 + 4 = 8; means 1 + 4/8 · 3 and 2 + 2/8 · 3; sum variance 13 − 6²/8.
    const counts = { users: Float64Array.of(2, 0), sums: Float64Array.of(8, 0) }
    expect(longTermBelief(beliefFilter(prior), counts)).toEqual({ mean: 1 + 1.5 + 2 + 0.75, variance: 13 - 4.5 })
  })

  it('of the sum is the sum of the belief of the days', () => {
    const prior = priorOf(7)
    const filter = beliefFilter(prior)
    fc.assert(
      fc.property(shrinking, fc.double({ min: -1, max: 2, noNaN: true }), (users, level) => {
        const counts = { users, sums: users.map((n, j) => n * (level + 0.1 * j)) }
        const { mean, covariance } = traceBelief(prior, counts)
        let variance = 0
        for (let i = 0; i < 7; i++) for (let j = 0; j < 7; j++) variance += covariance[packedIndex(i, j)]!
        const belief = longTermBelief(filter, counts)
        expect(belief.mean).toBeCloseTo(
          mean.reduce((sum, m) => sum + m, 0),
          10,
        )
        expect(belief.variance).toBeCloseTo(variance, 10)
      }),
      { seed: 4, numRuns: 100 },
    )
  })

  it('never grows less sure with more users or more days', () => {
    const filter = beliefFilter(priorOf(7))
    fc.assert(
      fc.property(shrinking, fc.integer({ min: 0, max: 6 }), (users, day) => {
        const before = longTermBelief(filter, { users, sums: new Float64Array(7) }).variance
        const more = users.map((n, j) => (j <= day ? n + 1 : n))
        const after = longTermBelief(filter, { users: more, sums: new Float64Array(7) }).variance
        expect(after).toBeLessThanOrEqual(before + 1e-12)
      }),
      { seed: 4, numRuns: 100 },
    )
  })

  it('covers the true long-term value as often as it says, with open days', () => {
    const prior = priorOf(12)
    const filter = beliefFilter(prior)
    const rounds = 1200
    let covered = 0
    for (let round = 0; round < rounds; round++) {
      const random = randomFrom(`belief ${round}`)
      const theta = draw(prior.mean, prior.covariance, random)
      let counts = noTraces(12)
      for (let user = 0; user < 6; user++) {
        const trace = draw(theta, prior.noise, random)
        counts = addTrace(counts, trace.subarray(0, 2 + user))
      }
      const { mean, variance } = longTermBelief(filter, counts)
      const truth = theta.reduce((sum, value) => sum + value, 0)
      if (Math.abs(mean - truth) < 1.645 * Math.sqrt(variance)) covered++
    }
    // 90 % with a standard error of 0.9 points.
    expect(Math.abs(covered / rounds - 0.9)).toBeLessThan(0.027)
  })

  it('refuses counts that rise and matrices that are no covariances', () => {
    const prior = priorOf(2)
    const filter = beliefFilter(prior)
    expect(() => longTermBelief(filter, { users: Float64Array.of(1, 2), sums: new Float64Array(2) })).toThrow(
      'users[1] must be ≥ 0 and not above the day before, got 2',
    )
    expect(() => longTermBelief(filter, noTraces(3))).toThrow('users.length and sums.length must be 2, got 3')
    const broken = beliefFilter({ ...prior, covariance: Float64Array.of(-1, 0, 1) })
    expect(() => longTermBelief(broken, { users: Float64Array.of(5, 0), sums: new Float64Array(2) })).toThrow(
      'must be positive definite',
    )
  })
})

describe('counts of traces', () => {
  const trace = [1, 0, 1, 1]

  it('do not depend on when days are told', () => {
    const later = extendTrace(addTrace(noTraces(4), trace.slice(0, 2)), trace, 2)
    expect(later).toEqual(addTrace(noTraces(4), trace))
  })

  it('take a late outcome as if it had come in time', () => {
    const late = correctTrace(addTrace(noTraces(4), [1, 0, 0, 1]), 2, 1)
    expect(late).toEqual(addTrace(noTraces(4), trace))
  })

  it('of two sets are those of their union', () => {
    const [a, b] = [addTrace(noTraces(4), trace), addTrace(noTraces(4), [0, 1])]
    expect(mergeTraces(a, b)).toEqual(addTrace(a, [0, 1]))
  })

  it('refuse days that are no numbers or outside the horizon', () => {
    expect(() => addTrace(noTraces(1), [Number.NaN])).toThrow('trace[0] must be a finite number, got NaN')
    expect(() => addTrace(noTraces(1), [1, 2])).toThrow('trace.length must be at most 1, got 2')
    expect(() => correctTrace(noTraces(4), 0, 1)).toThrow('day must be a day with users')
  })
})

describe('a prior from past messages', () => {
  it('finds mean, covariance and noise', () => {
    const prior = priorOf(4)
    const random = randomFrom('trace prior')
    const messages = Array.from({ length: 600 }, () => {
      const theta = draw(prior.mean, prior.covariance, random)
      return Array.from({ length: 100 }, () => draw(theta, prior.noise, random))
    })
    const found = fitTracePrior(messages)
    const near = (a: Float64Array, b: Float64Array, tolerance: number) =>
      a.forEach((value, at) => {
        expect(Math.abs(value - b[at]!)).toBeLessThan(tolerance)
      })
    near(found.mean, prior.mean, 0.02)
    // Standard error of a variance of 0.012 from 600 messages: 0.0007; their own noise adds 0.002.
    near(found.covariance, prior.covariance, 0.005)
    near(found.noise, prior.noise, 0.01)
  })

  it('refuses too little', () => {
    expect(() =>
      fitTracePrior([
        [[1, 2]],
        [
          [1, 2],
          [2, 3],
        ],
      ]),
    ).toThrow('at least 2 with 2 traces, got 1')
    expect(() =>
      fitTracePrior([
        [[1], [2]],
        [[1], [2, 3]],
      ]),
    ).toThrow('messages[1][1].length must be 1, got 2')
  })
})

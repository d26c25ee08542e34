import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/uplift.json' with { type: 'json' }
import { randomFrom } from '../random/index.ts'
import { compareWithBestFixed } from './best-fixed-action.ts'
import { qiniCoefficient, qiniCurve } from './qini.ts'
import { upliftAt } from './uplift-at.ts'

describe('uplift metrics', () => {
  it.each(cases.cases)('agree with scikit-uplift: $name', ({ curve, qini, share, upliftAt: uplift, ...data }) => {
    const mine = qiniCurve(data)
    expect(mine.counts).toEqual(curve.counts)
    mine.gains.forEach((gain, i) => {
      expect(gain).toBeCloseTo(curve.gains[i]!, 9)
    })
    expect(qiniCoefficient(data)).toBeCloseTo(qini, 9)
    expect(upliftAt(data, share)).toBeCloseTo(uplift, 9)
  })

  it('depend on the order of scores alone', () => {
    const users = fc.array(
      fc.record({
        score: fc.integer({ min: -40, max: 40 }),
        treated: fc.constantFrom(0, 1),
        responded: fc.constantFrom(0, 1),
      }),
      { minLength: 4, maxLength: 60 },
    )
    fc.assert(
      fc.property(users, (list) => {
        const data = {
          scores: list.map(({ score }) => score),
          treated: list.map(({ treated }) => treated),
          responded: list.map(({ responded }) => responded),
        }
        const bent = { ...data, scores: data.scores.map((score) => Math.exp(score / 10)) }
        expect(qiniCurve(bent)).toEqual(qiniCurve(data))
        expect(upliftAt(bent, 0.5)).toEqual(upliftAt(data, 0.5))
      }),
      { seed: 3, numRuns: 200 },
    )
  })

  it('give chance a Qini of 0 on average and the perfect order 1', () => {
    const random = randomFrom('qini null')
    const coefficients = Array.from({ length: 300 }, () => {
      const treated = Array.from({ length: 400 }, () => (random() < 0.4 ? 1 : 0))
      const responded = treated.map((t) => (random() < 0.2 + 0.1 * t ? 1 : 0))
      return qiniCoefficient({ scores: treated.map(() => random()), treated, responded })!
    })
    const mean = coefficients.reduce((sum, q) => sum + q, 0) / coefficients.length
    const variance = coefficients.reduce((sum, q) => sum + (q - mean) ** 2, 0) / coefficients.length
    expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(variance / coefficients.length))
    const [treated, responded] = [
      [1, 0, 1, 0],
      [1, 0, 0, 1],
    ]
    expect(qiniCoefficient({ scores: [1, 0, 0, -1], treated, responded })).toBeCloseTo(1, 12)
  })

  it('refuse what is no experiment, by row and field', () => {
    expect(() => upliftAt({ scores: [1], treated: [2], responded: [0] }, 0.5)).toThrow(
      'treated[0] must be 0 or 1, got 2',
    )
    expect(() => qiniCurve({ scores: [Number.NaN], treated: [1], responded: [0] })).toThrow(
      'scores[0] must be a finite number',
    )
    expect(() => upliftAt({ scores: [1], treated: [1], responded: [0] }, 1)).toThrow('share must be in (0, 1), got 1')
    expect(upliftAt({ scores: [1, 2], treated: [1, 1], responded: [0, 0] }, 0.6)).toBeNull()
  })
})

describe('a policy against the best fixed action', () => {
  const normal = (random: () => number): number =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

  it('says gain in about one case of forty where choosing brings nothing', () => {
    const verdicts = Array.from({ length: 400 }, (_, key) => {
      const random = randomFrom(`fixed ${key}`)
      const scores = [0, 1, 0.2].map((mean) => Float64Array.from({ length: 200 }, () => mean + normal(random)))
      // Half the users get action 1 and half a copy of it: no gain in truth.
      scores.push(Float64Array.from({ length: 200 }, () => 1 + normal(random)))
      return compareWithBestFixed(
        scores,
        Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 1 : 3)),
        0.95,
      ).verdict
    })
    expect(verdicts.filter((verdict) => verdict === 'gain').length).toBeLessThan(20)
    expect(verdicts.filter((verdict) => verdict === 'no-gain-shown').length).toBeGreaterThan(340)
  })

  it('finds a gain where users differ, and a loss where the choices are wrong', () => {
    const random = randomFrom('gain')
    const isA = Array.from({ length: 1000 }, () => random() < 0.5)
    const scores = [0, 1].map((action) => isA.map((a) => (a === (action === 0) ? 0.4 : 0) + normal(random)))
    const choose = (right: boolean) => isA.map((a) => (a === right ? 0 : 1))
    expect(compareWithBestFixed(scores, choose(true), 0.95).verdict).toBe('gain')
    expect(compareWithBestFixed(scores, choose(false), 0.95).verdict).toBe('loss')
  })

  it('says that nothing was gained when all choices are the best action', () => {
    const comparison = compareWithBestFixed(
      [
        [0, 1, 0],
        [1, 2, 2],
      ],
      [1, 1, 1],
      0.95,
    )
    expect(comparison.best).toBe(1)
    expect(comparison.verdict).toBe('no-gain-shown')
    expect(comparison.gain).toEqual({ kind: 'undefined', reason: 'zero-variance', mean: 0 })
  })
})

import { describe, expect, it } from 'vitest'
import { randomFrom } from '../random/index.ts'
import { effectInterval } from './effect-interval.ts'
import { calibrateSurrogate } from './surrogate-calibration.ts'
import { fitSurrogateIndex, longTermEffect } from './surrogate-index.ts'

function normals(key: string): () => number {
  const random = randomFrom(key)
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

const covers = ({ low, high }: { readonly low: number; readonly high: number }, truth: number): boolean =>
  low <= truth && truth <= high

describe('a long-term effect by the surrogate index', () => {
  // Two short-term outcomes with effects of .5 and .3, worth 1 and −.4 in the long term; skewed errors whose size differs.
  const [deltas, worth, share, users, pastUsers, runs] = [[0.5, 0.3], [1, -0.4], 0.3, 2000, 150, 3000] as const
  const truth = deltas[0] * worth[0] + deltas[1] * worth[1]

  it('covers the truth with the error of the forecast, and visibly does not without', () => {
    let [whole, without] = [0, 0]
    for (let run = 0; run < runs; run++) {
      const normal = normals(`index ${run}`)
      const rows = Array.from({ length: pastUsers }, () => [normal(), normal()] as const)
      const longTerm = rows.map(([a, b]) => worth[0] * a + worth[1] * b + (1 + 0.5 * Math.abs(a)) * (normal() ** 2 - 1))
      const index = fitSurrogateIndex({ rows, longTerm }, `${run}`)
      if (index.kind === 'undefined') throw new Error(index.reason)
      // Means of so many users are normal: their differences are drawn at once.
      const variance = 1 / (share * users) + 1 / ((1 - share) * users)
      const effects = deltas.map((delta) => delta + Math.sqrt(variance) * normal())
      const joint = { effects, covariance: Float64Array.from([variance, 0, variance]), dof: null }
      const { effect, between } = longTermEffect(joint, index)
      if (effect.kind === 'undefined') throw new Error(effect.reason)
      const interval = effectInterval(effect, { level: 0.95 })
      const narrow = effectInterval({ ...effect, stdError: between! }, { level: 0.95 })
      if (interval.kind === 'estimate' && covers(interval, truth)) whole++
      if (narrow.kind === 'estimate' && covers(narrow, truth)) without++
    }
    expect(Math.abs(whole / runs - 0.95)).toBeLessThan(0.01)
    expect(without / runs).toBeLessThan(0.6)
  })
})

describe('the slope over past experiments', () => {
  it.each([
    { name: 'errors alone', count: 20, index: 0.3, realised: 0.5, beside: 0, slope: 0.7 },
    { name: 'effects that do not go through the index', count: 20, index: 0.3, realised: 0.5, beside: 2, slope: 0.7 },
    { name: 'many, the realised ones hardly known', count: 40, index: 0.1, realised: 1, beside: 0, slope: 1 },
  ])('is covered as often as it says: $name', ({ name, count, index, realised, beside, slope }) => {
    const runs = 3000
    let [answers, hits, sum] = [0, 0, 0]
    for (let run = 0; run < runs; run++) {
      const normal = normals(`${name} ${run}`)
      const past = Array.from({ length: count }, () => {
        const effect = normal()
        return {
          indexEffect: effect + index * normal(),
          indexStdError: index,
          realisedEffect: slope * effect + beside * normal() + realised * normal(),
          realisedStdError: realised,
        }
      })
      const found = calibrateSurrogate(past, 0.95).slope
      // Where effects happen to be small there is no slope.
      if (found.kind === 'undefined') continue
      answers++
      if (covers(found, slope)) hits++
      sum += found.mean
    }
    expect(answers / runs).toBeGreaterThan(0.995)
    expect(Math.abs(hits / answers - 0.95)).toBeLessThan(0.01)
    // Least squares would give 8 % less where errors of the index are .3.
    expect(Math.abs(sum / answers - slope)).toBeLessThan(0.03)
  })

  it('calls a surrogate broken that has nothing to do with the long term, and hardly ever a good one', () => {
    const runs = 500
    const broken = (relation: number): number => {
      let count = 0
      for (let run = 0; run < runs; run++) {
        const normal = normals(`broken ${relation} ${run}`)
        const past = Array.from({ length: 25 }, () => {
          const effect = normal()
          return {
            ...{ indexEffect: effect + 0.2 * normal(), indexStdError: 0.2 },
            ...{
              realisedEffect: relation * effect + (1 - relation) * normal() + 0.2 * normal(),
              realisedStdError: 0.2,
            },
          }
        })
        if (calibrateSurrogate(past, 0.95).verdict === 'broken') count++
      }
      return count / runs
    }
    expect(broken(0)).toBeGreaterThan(0.99)
    expect(broken(1)).toBeLessThan(0.1)
  })
})

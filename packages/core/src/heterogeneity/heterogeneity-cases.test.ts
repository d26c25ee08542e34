import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/heterogeneity.json' with { type: 'json' }
import { qiniCoefficient, qiniEstimate } from '../evaluation/index.ts'
import { packedIndex } from '../numeric/index.ts'
import { type Effect, leastSquares } from '../statistics/index.ts'
import { bestLinearPredictor } from './best-linear-predictor.ts'

const near = (found: number, expected: number, relative: number): void => {
  expect(Math.abs(found - expected)).toBeLessThan(relative * Math.max(1, Math.abs(expected)))
}

describe('robust least squares', () => {
  it.each(cases.regressions)('agrees with statsmodels, HC3: $name', ({ rows, targets, weights, ...expected }) => {
    const fit = leastSquares(rows, targets, weights)
    if (fit.kind !== 'fit') throw new Error(fit.reason)
    expected.coefficients.forEach((value, i) => {
      near(fit.coefficients[i]!, value, 1e-9)
    })
    expected.covariance.forEach((value, i) => {
      near(fit.covariance[i]!, value, 1e-9)
    })
    expect(fit.dof).toBe(rows.length - 3)
  })

  it('says why there is none', () => {
    const targets = [1, 2, 3, 5]
    expect(leastSquares([[1], [1]], [1, 2])).toMatchObject({ kind: 'fit' })
    expect(leastSquares([[1]], [1])).toEqual({ kind: 'undefined', reason: 'too-few-units' })
    const twice = targets.map((x) => [1, x, 3 * x])
    expect(leastSquares(twice, targets)).toEqual({ kind: 'undefined', reason: 'zero-variance' })
    const broken = targets.map((x) => [1, x === 3 ? Number.NaN : x])
    expect(leastSquares(broken, targets)).toEqual({ kind: 'undefined', reason: 'not-finite' })
    expect(() => leastSquares([[1], [1]], [1])).toThrow('one entry per row, got 1 and none for 2')
  })

  it('has no variance but rounding where a constant fits all rows', () => {
    const fit = leastSquares([[1], [1], [1]], [2, 2, 2])
    if (fit.kind !== 'fit') throw new Error(fit.reason)
    expect(fit.covariance[packedIndex(0, 0)]).toBeLessThan(1e-28)
  })
})

describe('the best linear predictor of effects', () => {
  const known = (effect: Effect) => {
    if (effect.kind !== 'effect') throw new Error(effect.reason)
    return effect
  }

  it.each(cases.predictors)('agrees with the regression of the paper by statsmodels: $name', (each) => {
    const { average, heterogeneity } = bestLinearPredictor(each)
    near(known(average).effect, each.average, 1e-8)
    near(known(average).stdError, each.averageStdError, 1e-8)
    near(known(heterogeneity).effect, each.heterogeneity, 1e-8)
    near(known(heterogeneity).stdError, each.heterogeneityStdError, 1e-8)
  })

  it('turns its signs when the variants change names', () => {
    const [each] = cases.predictors
    const swapped = bestLinearPredictor({
      ...each!,
      treated: each!.treated.map((t) => 1 - t),
      propensity: each!.propensity.map((p) => 1 - p),
    })
    const plain = bestLinearPredictor(each!)
    near(known(swapped.average).effect, -known(plain.average).effect, 1e-9)
    near(known(swapped.heterogeneity).effect, -known(plain.heterogeneity).effect, 1e-9)
    near(known(swapped.heterogeneity).stdError, known(plain.heterogeneity).stdError, 1e-9)
  })

  it('does without a baseline or shares that repeat something, and has no answer where the model says one thing', () => {
    const [each] = cases.predictors
    expect(bestLinearPredictor({ ...each!, baselines: each!.effects }).heterogeneity.kind).toBe('effect')
    expect(bestLinearPredictor({ ...each!, effects: each!.effects.map(() => 0.3) }).heterogeneity).toEqual({
      ...{ kind: 'undefined', reason: 'zero-variance', effect: null },
    })
    expect(bestLinearPredictor({ ...each!, responses: each!.responses.map(() => 1) }).average.kind).toBe('undefined')
  })
})

describe('Qini with an interval', () => {
  it.each(cases.qini)('agrees with scikit-uplift and the jackknife by brute force: $name', (each) => {
    const { area, coefficient } = qiniEstimate(each, 0.95)
    if (area.kind !== 'estimate') throw new Error(area.reason)
    near(area.mean, each.area, 1e-9)
    near(area.stdError, each.areaStdError, 1e-6)
    if (each.coefficient === undefined) {
      expect(coefficient).toEqual({ kind: 'undefined', reason: 'no-test', mean: null })
      return
    }
    if (coefficient.kind !== 'estimate') throw new Error(coefficient.reason)
    near(coefficient.mean, each.coefficient, 1e-9)
    near(coefficient.mean, qiniCoefficient(each)!, 1e-12)
    near(coefficient.stdError, each.coefficientStdError!, 1e-6)
  })

  it('has no answer without two users of either variant, or without responses', () => {
    const few = { scores: [3, 2, 1], treated: [1, 0, 0], responded: [1, 0, 1] }
    expect(qiniEstimate(few, 0.95).area).toMatchObject({ kind: 'undefined', reason: 'too-few-units' })
    const none = { scores: [4, 3, 2, 1], treated: [1, 0, 1, 0], responded: [0, 0, 0, 0] }
    expect(qiniEstimate(none, 0.95)).toMatchObject({
      area: { kind: 'undefined', reason: 'zero-variance' },
      coefficient: { kind: 'undefined', reason: 'zero-variance' },
    })
    expect(() => qiniEstimate({ ...none, responded: [0, 0, Number.NaN, 0] }, 0.95)).toThrow(
      'responded[2] must be a finite number, got NaN',
    )
  })
})

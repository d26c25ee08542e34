import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/covariates.json' with { type: 'json' }
import { effectCovariance } from './joint-effects.ts'
import { meanEffect } from './mean-effect.ts'
import { metricHistory } from './metric-history.ts'
import { ratioEffect } from './ratio-effect.ts'
import { known } from './testing/known-effect.ts'
import { type VectorMoments, vectorMomentsOf } from './vector-moments.ts'

interface Rows {
  readonly treatment: readonly (readonly number[])[]
  readonly control: readonly (readonly number[])[]
}

function armsOf({ treatment, control }: Rows): { treatment: VectorMoments; control: VectorMoments } {
  const of = (rows: readonly (readonly number[])[]) => vectorMomentsOf(rows, rows[0]!.length)
  return { treatment: of(treatment), control: of(control) }
}

function expectClose(found: number, expected: number): void {
  expect(Math.abs(found - expected)).toBeLessThan(1e-7 * Math.max(1, Math.abs(expected)))
}

describe('effects adjusted for several covariates', () => {
  it('are those of regressions on the covariates that say something, the others being named with a reason', () => {
    const { kept, dropped, effect, stdError, varianceReduction } = cases.mean
    const found = meanEffect(armsOf(cases.mean))
    expect(found).toMatchObject({ adjustment: 'lin', covariates: kept, dropped })
    expectClose(known(found.effect).effect, effect)
    expectClose(known(found.effect).stdError, stdError)
    expectClose(found.varianceReduction, varianceReduction)
  })

  it('do not depend on which of several that say the same comes first', () => {
    const arms = armsOf(cases.mean)
    const found = meanEffect({ ...arms, covariates: [6, 5, 3, 4, 1, 2] })
    expect(found.dropped).toEqual([
      { column: 6, reason: 'constant' },
      { column: 2, reason: 'collinear' },
    ])
    expectClose(known(found.effect).effect, cases.mean.effect)
    expectClose(known(found.effect).stdError, cases.mean.stdError)
  })

  it('have one slope for both arms where one has fewer than twenty users per covariate', () => {
    const found = meanEffect(armsOf(cases.pooled))
    expect(found.adjustment).toBe('pooled')
    expectClose(known(found.effect).effect, cases.pooled.effect)
    expectClose(known(found.effect).stdError, cases.pooled.stdError)
  })

  it('of a ratio take its past and others', () => {
    const found = ratioEffect({
      ...armsOf(cases.ratio),
      before: { numerator: 2, denominator: 3 },
      covariates: [4, 5],
    })
    expect(found).toMatchObject({ adjustment: 'lin', covariates: [2, 4, 5], dropped: [] })
    expectClose(known(found.effect).effect, cases.ratio.effect)
    expectClose(known(found.effect).stdError, cases.ratio.stdError)
  })

  it('on two metrics have a covariance, each with its own past and what they have in common', () => {
    const arms = armsOf(cases.joint)
    const found = [0, 1].map((metric) => meanEffect({ ...arms, metric, covariates: [2 + metric, 4, 5] }))
    found.forEach(({ effect }, i) => {
      expectClose(known(effect).effect, cases.joint.effects[i]!)
    })
    effectCovariance(arms, found).forEach((value, i) => {
      expectClose(value, cases.joint.covariance[i]!)
    })
  })

  it('leave out one that is not finite, and say so', () => {
    const withNaN = ({ treatment, control }: Rows): Rows => ({
      treatment: treatment.map((row, i) => [...row.slice(0, 5), i === 0 ? Number.NaN : 1]),
      control: control.map((row) => [...row.slice(0, 5), 1]),
    })
    const found = meanEffect(armsOf(withNaN(cases.mean)))
    expect(found.dropped).toEqual([{ column: 5, reason: 'not-finite' }])
    expectClose(known(found.effect).stdError, cases.mean.stdError)
  })

  it('are planned for with what the covariates explain, be some of them the same', () => {
    const rows = [...cases.mean.treatment, ...cases.mean.control]
    const moments = vectorMomentsOf(rows, 7)
    const explained = (covariates: readonly number[]): number => {
      const history = metricHistory(moments, { metric: { kind: 'mean', value: 0 }, covariates })
      if (history.kind === 'undefined') throw new Error(history.reason)
      return history.rSquared
    }
    expect(explained([1, 2, 3, 4])).toBeGreaterThan(0.3)
    expect(explained([1, 2, 3, 4, 5, 6])).toBeCloseTo(explained([1, 2, 3, 4]), 9)
  })
})

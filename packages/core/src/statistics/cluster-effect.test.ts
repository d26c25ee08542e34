import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomFrom } from '../random/index.ts'
import { clusterEffect, compareClusters, randomisationTest } from './cluster-effect.ts'
import { meanEffect } from './mean-effect.ts'
import { columnMoments } from './testing/column-moments.ts'
import { known } from './testing/known-effect.ts'

const sums = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 25, maxLength: 40 })

describe('clusterEffect', () => {
  it('is the difference of means where every cluster is one unit', () => {
    fc.assert(
      fc.property(sums, sums, (a, b) => {
        const rows = (list: readonly number[]) => list.map((sum) => ({ sum, units: 1 }))
        const found = clusterEffect(rows(a), rows(b))
        const mean = meanEffect({ treatment: columnMoments(a), control: columnMoments(b) }).effect
        fc.pre(found.kind === 'effect' && mean.kind === 'effect')
        expect(found.effect).toBeCloseTo(mean.effect, 9)
        expect(found.stdError).toBeCloseTo(mean.stdError, 9)
        expect(found.dof).toBeCloseTo(mean.dof!, 6)
        const { baseline } = meanEffect({ treatment: columnMoments(a), control: columnMoments(b) })
        expect(compareClusters(rows(a), rows(b)).baseline!.covariance).toBeCloseTo(baseline!.covariance, 9)
      }),
      { seed: 18, numRuns: 60 },
    )
  })

  it('answers with a reason', () => {
    const two = [
      { sum: 1, units: 2 },
      { sum: 3, units: 2 },
    ]
    expect(clusterEffect(two, [])).toEqual({ kind: 'undefined', reason: 'too-few-units', effect: null })
    expect(clusterEffect(two, [{ sum: 4, units: 2 }])).toEqual({
      kind: 'undefined',
      reason: 'too-few-units',
      effect: -1,
    })
    expect(clusterEffect(two, [{ sum: 4, units: 0 }])).toMatchObject({ reason: 'zero-denominator' })
    expect(clusterEffect(two, [{ sum: Number.NaN, units: 1 }])).toMatchObject({ reason: 'not-finite' })
    const flat = [1, 2, 3].map((units) => ({ sum: 2 * units, units }))
    expect(clusterEffect(flat, flat)).toEqual({ kind: 'undefined', reason: 'zero-variance', effect: 0 })
  })
})

describe('randomisationTest', () => {
  const clusters = (list: readonly number[]) => list.map((sum) => ({ sum, units: 1 }))

  it('finds the share of assignments at least as extreme', () => {
    // Of C(6, 3) = 20 assignments only the observed one and its mirror reach the difference.
    const arms = { treatment: clusters([7, 8, 9]), control: clusters([1, 2, 3]) }
    const found = randomisationTest(arms, { random: randomFrom('shuffle'), draws: 20_000 })
    expect(Math.abs(found!.pValue - 0.1)).toBeLessThan(0.01)
    expect(known(clusterEffect(arms.treatment, arms.control)).effect).toBe(6)
  })

  it('has no answer without two arms', () => {
    expect(randomisationTest({ treatment: [], control: clusters([1]) }, { random: randomFrom('none') })).toBeNull()
  })
})

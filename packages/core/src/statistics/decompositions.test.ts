import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { channelDisplacement } from './channel-displacement.ts'
import { complierEffect, fiellerInterval } from './complier-effect.ts'
import { funnelDecomposition } from './funnel-decomposition.ts'
import { interactionEffect } from './interaction-effect.ts'
import { meanEffect } from './mean-effect.ts'
import { momentsOf } from './moments.ts'
import { noveltySlope } from './novelty-slope.ts'
import { prePeriodTests } from './pre-period-test.ts'
import { segmentDecomposition } from './segment-decomposition.ts'
import { columnMoments } from './testing/column-moments.ts'
import { known } from './testing/known-effect.ts'

const value = fc.double({ min: -20, max: 20, noNaN: true })
const list = fc.array(value, { minLength: 2, maxLength: 20 })

describe('segmentDecomposition', () => {
  it('sums to the difference of the means over all segments', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(list, list), { minLength: 1, maxLength: 5 }), (segments) => {
        const found = segmentDecomposition(
          segments.map(([a, b], i) => ({ segment: `${i}`, treatment: momentsOf(a), control: momentsOf(b) })),
        )
        if (found.kind !== 'decomposition') throw new Error(found.reason)
        const [all, other] = [0, 1].map((arm) => momentsOf(segments.flatMap((pair) => pair[arm]!)))
        expect(found.total.effect).toBeCloseTo(all!.mean - other!.mean, 10)
        const parts = found.parts.reduce((sum, part) => sum + part.mix.effect! + part.rate.effect!, 0)
        expect(parts).toBeCloseTo(found.total.effect!, 10)
      }),
      { seed: 20, numRuns: 80 },
    )
  })

  it('calls a mix that chance does not make, and refuses thin segments', () => {
    const moments = (mean: number, n: number) => ({ n, mean, m2: n })
    const shifted = segmentDecomposition([
      { segment: 'new', treatment: moments(1, 900), control: moments(1, 500) },
      { segment: 'old', treatment: moments(5, 100), control: moments(5, 500) },
    ])
    expect(shifted).toMatchObject({ isMixAlarm: true, rate: { effect: 0 } })
    expect(segmentDecomposition([])).toEqual({ kind: 'undefined', reason: 'too-few-units' })
    expect(segmentDecomposition([{ segment: 'a', treatment: moments(1, 1), control: moments(1, 5) }])).toMatchObject({
      reason: 'too-few-units',
    })
    expect(
      segmentDecomposition([{ segment: 'a', treatment: moments(Number.NaN, 4), control: moments(1, 5) }]),
    ).toMatchObject({ reason: 'not-finite' })
  })
})

describe('funnelDecomposition', () => {
  const positive = fc.array(fc.double({ min: 0.1, max: 9, noNaN: true }), { minLength: 12, maxLength: 12 })

  it('sums to the difference at its end, and is near the limit where the arms are alike', () => {
    fc.assert(
      fc.property(positive, positive, positive, (a, b, c) => {
        const arms = { treatment: columnMoments(a, b, c), control: columnMoments(b, c, a) }
        const found = funnelDecomposition(arms, [0, 1, 2])
        if (found.kind !== 'decomposition') throw new Error(found.reason)
        const sum = found.steps.reduce((total, step) => total + step.effect!, 0)
        expect(sum).toBeCloseTo(arms.treatment.mean[2]! - arms.control.mean[2]!, 9)
        const alike = funnelDecomposition({ treatment: arms.control, control: arms.control }, [0, 1, 2])
        if (alike.kind !== 'decomposition') throw new Error(alike.reason)
        expect(alike.total.effect).toBe(0)
        const plain = meanEffect({ treatment: arms.control, control: arms.control, metric: 2, covariates: [] }).effect
        if (plain.kind === 'effect') expect(known(alike.total).stdError).toBeCloseTo(plain.stdError, 9)
      }),
      { seed: 21, numRuns: 60 },
    )
  })

  it('has no step from nothing', () => {
    const arms = { treatment: columnMoments([1, 2], [0, 0]), control: columnMoments([1, 2], [1, 0]) }
    expect(funnelDecomposition(arms, [0, 1])).toEqual({ kind: 'undefined', reason: 'zero-baseline' })
    expect(funnelDecomposition(arms, [])).toMatchObject({ reason: 'too-few-units' })
    const broken = { ...arms, treatment: columnMoments([1, Number.NaN], [1, 1]) }
    expect(funnelDecomposition(broken, [0, 1])).toMatchObject({ reason: 'not-finite' })
  })
})

describe('channelDisplacement', () => {
  it('adds up, channel by channel and own to elsewhere', () => {
    const column = fc.array(value, { minLength: 10, maxLength: 10 })
    fc.assert(
      fc.property(column, column, column, (a, b, c) => {
        const arms = { treatment: columnMoments(a, b, c), control: columnMoments(c, a, b) }
        const found = channelDisplacement(arms, { columns: [0, 1, 2], own: 1 })
        const parts = found.byChannel.reduce((sum, effect) => sum + effect.effect!, 0)
        expect(found.total.effect).toBeCloseTo(parts, 12)
        expect(found.own.effect! + found.elsewhere.effect!).toBeCloseTo(parts, 10)
      }),
      { seed: 22, numRuns: 60 },
    )
    const arms = { treatment: columnMoments([1, 2]), control: columnMoments([1, 2]) }
    expect(() => channelDisplacement(arms, { columns: [0], own: 1 })).toThrow(
      /own must be an integer in \[0, 1\), got 1/,
    )
  })
})

describe('effects beside effects', () => {
  const arm = (base: number) => columnMoments([base - 1, base + 1, base - 1, base + 1], [0, 1, 0, 0])

  it('interact by the difference of differences', () => {
    const found = interactionEffect(
      meanEffect({ treatment: arm(15), control: arm(10), covariates: [] }),
      meanEffect({ treatment: arm(11), control: arm(10), covariates: [] }),
    )
    expect(found.interaction.effect).toBeCloseTo(4, 12)
    expect(known(found.interaction).stdError).toBeCloseTo(Math.sqrt((4 * 4) / 3 / 4), 12)
    const none = meanEffect({ treatment: columnMoments([1]), control: arm(1), covariates: [] })
    expect(interactionEffect(none, none).interaction).toMatchObject({ reason: 'too-few-units' })
  })

  it('wear off by a slope over days', () => {
    const days = (base: number, lift: readonly number[]) =>
      columnMoments(...lift.map((add, day) => [0, 1, 2, 3].map((i) => base + add + ((i * (day + 2)) % 3))))
    const arms = { treatment: days(5, [3, 2, 1]), control: days(5, [0, 0, 0]) }
    const found = noveltySlope(arms, { columns: [0, 1, 2], days: [0, 1, 2] })
    expect(found.slope.effect).toBeCloseTo(-1, 12)
    expect(found.byDay.map(({ effect }) => effect)).toEqual([3, 2, 1])
    expect(() => noveltySlope(arms, { columns: [0], days: [0] })).toThrow(/at least two different ones/)
  })

  it('of a message that hardly anybody received have no ratio', () => {
    const weak = complierEffect({ treatment: arm(12), control: arm(10) })
    expect(weak.effect).toEqual({ kind: 'undefined', reason: 'weak-compliance', effect: null })
    expect(fiellerInterval(weak, 0.95)).toMatchObject({ kind: 'undefined', reason: 'weak-compliance' })
    const full = (base: number, got: number) => columnMoments([base - 1, base + 1, base], [got, got, got])
    const sure = complierEffect({ treatment: full(12, 1), control: full(10, 0) })
    expect(sure.effect).toEqual(sure.intentToTreat)
  })

  it('before the experiment are an alarm below a thousandth of all metrics', () => {
    const none = { kind: 'undefined', reason: 'too-few-units', effect: null } as const
    const z = (effect: number) => ({ kind: 'effect', effect, stdError: 1, dof: null }) as const
    const sure = { kind: 'undefined', reason: 'zero-variance', effect: 2 } as const
    const found = prePeriodTests([z(3.3), z(4), none, sure, { ...sure, effect: 0 }])
    expect(found.map((test) => (test.kind === 'test' ? test.isDifferent : test.reason))).toEqual([
      false,
      true,
      'too-few-units',
      true,
      'zero-variance',
    ])
    expect(prePeriodTests([z(3.3)])[0]).toMatchObject({ isDifferent: true })
  })
})

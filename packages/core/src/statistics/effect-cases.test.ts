import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/effects.json' with { type: 'json' }
import { type AdaptiveRow, adaptiveEffect } from './adaptive-effect.ts'
import { effectPosterior, empiricalPrior } from './bayesian-view.ts'
import { bestVariant } from './best-variant.ts'
import { type ClusterRow, clusterEffect } from './cluster-effect.ts'
import { complierEffect, fiellerInterval } from './complier-effect.ts'
import { cumulativeIncidence } from './cumulative-incidence.ts'
import type { Effect } from './effect.ts'
import { effectPValue } from './effect-interval.ts'
import type { Estimate } from './estimate.ts'
import { funnelDecomposition } from './funnel-decomposition.ts'
import { interactionEffect } from './interaction-effect.ts'
import { effectCovariance } from './joint-effects.ts'
import { meanEffect } from './mean-effect.ts'
import { noveltySlope } from './novelty-slope.ts'
import { fisherTest, newcombeInterval, type ProportionCount } from './proportion-effect.ts'
import { eventQuantileSample, quantileDifference, quantileInterval, quantileSample } from './quantile-effect.ts'
import { ratioEffect } from './ratio-effect.ts'
import { relativeEffect, relativeInterval } from './relative-effect.ts'
import { restrictedMean } from './restricted-mean.ts'
import { segmentDecomposition } from './segment-decomposition.ts'
import { phasedEffect } from './stratified-effect.ts'
import { survivalInterval, survivalTable } from './survival-curve.ts'
import { known } from './testing/known-effect.ts'
import { type VectorMoments, vectorMomentsOf } from './vector-moments.ts'

/** Fails unless two numbers agree to seven digits, or decimal places near zero. */
function expectClose(found: number | null | undefined, expected: number | undefined, tolerance = 1e-7): void {
  const wanted = expected ?? Number.NaN
  expect(Math.abs((found ?? Number.NaN) - wanted)).toBeLessThan(tolerance * Math.max(1, Math.abs(wanted)))
}

function expectEffect(found: Effect, expected: readonly number[]): void {
  expectClose(known(found).effect, expected[0])
  expectClose(known(found).stdError, expected[1])
}

function expectEnds(found: Estimate, ends: readonly number[]): void {
  expectClose(found.kind === 'estimate' ? found.low : null, ends[0])
  expectClose(found.kind === 'estimate' ? found.high : null, ends[1])
}

function momentsIn(rows: readonly (readonly number[])[]): VectorMoments {
  return vectorMomentsOf(rows, rows[0]!.length)
}

function count([successes, n]: readonly number[]): ProportionCount {
  return { successes: successes!, n: n! }
}

function clusters(rows: readonly (readonly number[])[]): ClusterRow[] {
  return rows.map(([sum, units]) => ({ sum: sum!, units: units! }))
}

describe('known answers', () => {
  it.each(cases.mean)('of a difference of means, $kind', ({ kind, treatment, control, ...expected }) => {
    const found = meanEffect({ treatment: momentsIn(treatment), control: momentsIn(control) })
    expect(found.adjustment).toBe(kind)
    expectEffect(found.effect, [expected.effect, expected.stdError])
    if (expected.dof !== undefined) expectClose(known(found.effect).dof, expected.dof)
    expectClose(known(found.unadjusted).effect, expected.unadjusted.effect)
    expectClose(known(found.unadjusted).dof, expected.unadjusted.dof)
    expectClose(effectPValue(found.unadjusted, { alternative: 'different' }), expected.unadjusted.pValue)
    if (expected.relative === undefined) return
    expectClose(found.treatmentMean?.adjusted, expected.adjusted?.[0])
    expectClose(found.controlMean?.adjusted, expected.adjusted?.[1])
    const relative = relativeEffect(found)
    if (relative.kind !== 'relative') throw new Error(relative.reason)
    expectClose(relative.effect, expected.relative.effect)
    expectClose(relative.scaled.stdError, expected.relative.logStdError)
    const { low, high } = expected.relative
    const scaled = { ...relative.scaled, dof: null }
    expectEnds(relativeInterval({ ...relative, scaled }, { level: 0.95 }), [low, high])
  })

  it.each(cases.ratio)('of a difference of ratios', ({ treatment, control, ...expected }) => {
    const found = ratioEffect({ treatment: momentsIn(treatment), control: momentsIn(control) })
    expect(found.adjustment).toBe('lin')
    expectEffect(found.effect, [expected.effect, expected.stdError])
    expectEffect(found.unadjusted, [expected.unadjusted.effect, expected.unadjusted.stdError])
  })

  it.each(cases.proportion)('of few successes: $treatment against $control', ({ treatment, control, ...expected }) => {
    const found = fisherTest(count(treatment), count(control))
    for (const side of ['greater', 'less', 'different'] as const) expectClose(found[side], expected.exact[side])
    expectEnds(newcombeInterval(count(treatment), count(control), 0.95), [expected.low, expected.high])
  })

  it.each(cases.cluster)('of clusters', ({ treatment, control, effect, stdError, dof }) => {
    const found = clusterEffect(clusters(treatment), clusters(control))
    expectEffect(found, [effect, stdError])
    expectClose(known(found).dof, dof)
  })

  it.each(cases.survival)('of survival until $horizon', ({ rows, horizon, survival, incidence, ...expected }) => {
    const table = survivalTable(rows.map(([time, cause]) => ({ time: time!, cause: cause! })))
    const found = survivalInterval(table, horizon, 0.95)
    expectClose(found.mean, survival[0])
    expectClose(found.kind === 'estimate' ? found.stdError : null, survival[1])
    expectEnds(found, survival.slice(2))
    expectEffect(restrictedMean(table, horizon), expected.restrictedMean)
    incidence.forEach(([share, stdError], i) => {
      const point = cumulativeIncidence(table, i + 1).findLast(({ time }) => time <= horizon)
      expectClose(point?.incidence, share)
      expectClose(Math.sqrt(point?.variance ?? Number.NaN), stdError)
    })
  })

  it.each(cases.quantile)('of the quantile $share', ({ treatment, control, share, own, difference }) => {
    const samples = [treatment, control].map((values) => quantileSample(values, share))
    samples.forEach((sample, i) => {
      const found = quantileInterval(sample, 0.95)
      expectClose(found.mean, own[i]![0])
      expectEnds(found, own[i]!.slice(1))
    })
    expectEnds(quantileDifference(samples[0]!, samples[1]!, 0.95), difference)
  })

  it('of mix and rate', () => {
    const arm = (rows: readonly (readonly number[])[], s: number) => {
      const [n, mean, m2] = rows[s]!
      return { n: n!, mean: mean!, m2: m2! }
    }
    const { treatment, control, ...expected } = cases.segment
    const found = segmentDecomposition(
      [0, 1, 2].map((s) => ({ segment: `${s}`, treatment: arm(treatment, s), control: arm(control, s) })),
    )
    if (found.kind !== 'decomposition') throw new Error(found.reason)
    expectEffect(found.mix, expected.mix)
    expectEffect(found.rate, expected.rate)
    expectEffect(found.total, expected.total)
    expectEffect(found.parts[0]!.mix, expected.mix0)
    expectEffect(found.parts[2]!.rate, expected.rate2)
  })

  it('of a funnel', () => {
    const { treatment, control, steps, total } = cases.funnel
    const found = funnelDecomposition({ treatment: momentsIn(treatment), control: momentsIn(control) }, [0, 1, 2])
    if (found.kind !== 'decomposition') throw new Error(found.reason)
    found.steps.forEach((step, i) => {
      expectEffect(step, steps[i]!)
    })
    expectEffect(found.total, total)
  })

  it('of those who comply', () => {
    const { treatment, control, effect, stdError, fieller } = cases.complier
    const found = complierEffect({ treatment: momentsIn(treatment), control: momentsIn(control) })
    expectEffect(found.effect, [effect, stdError])
    expectEnds(fiellerInterval(found, 0.95), fieller)
  })

  it.each(cases.best)('of the best of $effects', ({ priorSd, best, loss, ...effects }) => {
    const found = bestVariant(effects, { mean: 0, sd: priorSd })
    best.forEach((chance, k) => {
      expectClose(found.best[k], chance, 1e-6)
    })
    loss.forEach((value, k) => {
      expectClose(found.loss[k], value, 1e-6)
    })
  })

  it('of a bandit', () => {
    const rows: AdaptiveRow[] = cases.adaptive.rows.map(([chosen, treatmentChance, controlChance, outcome]) => ({
      chosen: chosen === 'treatment' ? 'treatment' : 'control',
      treatmentChance: Number(treatmentChance),
      controlChance: Number(controlChance),
      outcome: Number(outcome),
    }))
    expectEffect(adaptiveEffect(rows).effect, [cases.adaptive.effect, cases.adaptive.stdError])
  })

  it('of the joint covariance of two adjusted effects', () => {
    const arms = { treatment: momentsIn(cases.joint.treatment), control: momentsIn(cases.joint.control) }
    const effects = [0, 1].map((metric) => meanEffect({ ...arms, metric, covariates: [2] }))
    effectCovariance(arms, effects).forEach((value, k) => {
      expectClose(value, cases.joint.covariance[k])
    })
  })

  it('of an interaction', () => {
    const cells = cases.interaction.cells.map((values) => momentsIn(values.map((value) => [value])))
    const [both, second, first, none] = cells
    const found = interactionEffect(
      meanEffect({ treatment: both!, control: second! }),
      meanEffect({ treatment: first!, control: none! }),
    )
    expectEffect(found.interaction, [cases.interaction.effect, cases.interaction.stdError])
  })

  it('of a slope over days', () => {
    const { treatment, control, days, effect, stdError, dof } = cases.novelty
    const arms = { treatment: momentsIn(treatment), control: momentsIn(control) }
    const { slope } = noveltySlope(arms, { columns: [0, 1, 2, 3], days })
    expectEffect(slope, [effect, stdError])
    expectClose(known(slope).dof, dof)
  })

  it('of a quantile of events', () => {
    const sample = eventQuantileSample(cases.events.users, cases.events.share)
    expect(sample.effectiveSize).toBe(cases.events.effectiveSize)
    expectEnds(quantileInterval(sample, 0.95), cases.events.ends)
  })

  it('of a prior from past experiments, and what it makes of one', () => {
    const past = cases.prior.past.map(([effect, stdError]) => ({ effect: effect!, stdError: stdError! }))
    const prior = empiricalPrior(past)
    if (prior.kind !== 'prior') throw new Error(prior.reason)
    expectClose(prior.sd, cases.prior.sd)
    const found = effectPosterior({ kind: 'effect', dof: null, ...past[0]! }, prior)
    if (found.kind !== 'posterior') throw new Error(found.reason)
    for (const [i, value] of [found.mean, found.sd, found.positive, found.lossOfShipping].entries()) {
      expectClose(value, cases.prior.posterior[i])
    }
  })

  it('of phases', () => {
    const parts = cases.phased.phases.map((arms) => {
      const [treatment, control] = arms.map((values) => momentsIn(values.map((value) => [value])))
      return { units: treatment!.n + control!.n, effect: meanEffect({ treatment: treatment!, control: control! }) }
    })
    const { effect } = phasedEffect(parts)
    expectEffect(effect, [cases.phased.effect, cases.phased.stdError])
    expectClose(known(effect).dof, cases.phased.dof)
  })
})

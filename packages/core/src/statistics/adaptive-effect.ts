import { adaptiveArm } from './adaptive-moments.ts'
import type { Baseline } from './adjusted-effect.ts'
import type { Effect } from './effect.ts'
import type { VectorMoments } from './vector-moments.ts'

/** One unit of a phase in which the allocation followed the data, in the order of assignment. */
export interface AdaptiveRow {
  readonly chosen: 'treatment' | 'control' | 'other'
  /** Logged chance of each of the two at that moment; > 0 for the one that was chosen. */
  readonly treatmentChance: number
  readonly controlChance: number
  readonly outcome: number
}

/** The comparison of two arms of a bandit; a part of `phasedEffect` like any other. */
export interface AdaptiveEffect {
  readonly effect: Effect
  readonly treatmentMean: number | null
  readonly controlMean: number | null
  /** Null where the control mean has no variance estimate. */
  readonly baseline: Baseline | null
}

/**
 * The effect in a phase with adaptive allocation: the difference of two arms' variance-stabilised averages (`adaptiveArm`), with
 * V₁ + V₀. Plain means are biased here, because a poor start stops further draws. Fewer than two draws of an arm: `too-few-units`.
 * Throws a RangeError for a chance outside [0, 1].
 */
export function adaptiveEffect(rows: Iterable<AdaptiveRow>): AdaptiveEffect {
  const [treatment, control] = [adaptiveArm(1), adaptiveArm(1)]
  for (const { chosen, treatmentChance, controlChance, outcome } of rows) {
    treatment.add({ chance: treatmentChance, isChosen: chosen === 'treatment', row: [outcome] })
    control.add({ chance: controlChance, isChosen: chosen === 'control', row: [outcome] })
  }
  const [a, b] = [treatment.moments(), control.moments()]
  const [treatmentMean, controlMean] = [meanOf(a), meanOf(b)]
  if (a.n < 2 || b.n < 2) {
    const effect: Effect = { kind: 'undefined', reason: 'too-few-units', effect: null }
    return { effect, treatmentMean, controlMean, baseline: null }
  }
  const variance = varianceOf(b)
  const isKnown = controlMean !== null && Number.isFinite(variance)
  const baseline = isKnown ? { mean: controlMean, variance, covariance: -variance } : null
  return { effect: differenceOf(a, b), treatmentMean, controlMean, baseline }
}

function meanOf({ n, mean }: VectorMoments): number | null {
  return n > 0 && Number.isFinite(mean[0]) ? mean[0]! : null
}

function varianceOf({ n, cross }: VectorMoments): number {
  return cross[0]! / (n - 1) / n
}

function differenceOf(a: VectorMoments, b: VectorMoments): Effect {
  const [effect, variance] = [a.mean[0]! - b.mean[0]!, varianceOf(a) + varianceOf(b)]
  if (!Number.isFinite(effect) || !Number.isFinite(variance)) {
    return { kind: 'undefined', reason: 'not-finite', effect: null }
  }
  if (variance === 0) return { kind: 'undefined', reason: 'zero-variance', effect }
  return { kind: 'effect', effect, stdError: Math.sqrt(variance), dof: null }
}

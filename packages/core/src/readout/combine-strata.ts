import { type AdjustedEffect, type Effect, NORMAL_FROM_DOF } from '../statistics/index.ts'

/** The comparison within one phase or stratum. */
export interface Stratum {
  /** Of both variants. */
  readonly users: number
  readonly found: AdjustedEffect
}

/**
 * Effects of strata as one, Σ (n_h / n) δ_h with variance Σ (n_h / n)² v_h (post-stratification; for phases of a ramp the
 * only fair pooling). Strata without a standard error carry no weight; where none has one, the reason of the largest.
 */
export function combineStrata(strata: readonly Stratum[]): AdjustedEffect {
  const known = strata.filter(({ found }) => found.effect.kind === 'effect')
  const largest = strata.reduce((best, stratum) => (stratum.users > best.users ? stratum : best))
  if (known.length === 0) return largest.found
  const total = known.reduce((sum, { users }) => sum + users, 0)
  const parts = known.map(({ users, found }) => ({ weight: users / total, found }))
  const sum = (pick: (found: AdjustedEffect) => number | undefined, power: 1 | 2): number | null => {
    const values = parts.map(({ weight, found }) => (pick(found) ?? Number.NaN) * weight ** power)
    const whole = values.reduce((all, value) => all + value, 0)
    return Number.isFinite(whole) ? whole : null
  }
  return {
    effect: combineEffects(parts.map(({ weight, found }) => ({ weight, effect: found.effect }))),
    unadjusted: combineEffects(parts.map(({ weight, found }) => ({ weight, effect: found.unadjusted }))),
    adjustment: largest.found.adjustment,
    covariates: largest.found.covariates,
    varianceReduction: sum((found) => found.varianceReduction, 1) ?? 0,
    treatmentMean: meanOf(sum, 'treatmentMean'),
    controlMean: meanOf(sum, 'controlMean'),
    baseline: baselineOf(sum),
    linearisation: null,
  }
}

type Sum = (pick: (found: AdjustedEffect) => number | undefined, power: 1 | 2) => number | null

function meanOf(sum: Sum, side: 'treatmentMean' | 'controlMean'): AdjustedEffect['controlMean'] {
  const unadjusted = sum((found) => found[side]?.unadjusted, 1)
  const adjusted = sum((found) => found[side]?.adjusted, 1)
  return unadjusted === null || adjusted === null ? null : { unadjusted, adjusted }
}

function baselineOf(sum: Sum): AdjustedEffect['baseline'] {
  const mean = sum((found) => found.baseline?.mean, 1)
  const variance = sum((found) => found.baseline?.variance, 2)
  const covariance = sum((found) => found.baseline?.covariance, 2)
  return mean === null || variance === null || covariance === null ? null : { mean, variance, covariance }
}

/** Weighted sum of independent effects; degrees of freedom after Satterthwaite. */
function combineEffects(parts: readonly { readonly weight: number; readonly effect: Effect }[]): Effect {
  let effect = 0
  let variance = 0
  let spread = 0
  for (const { weight, effect: part } of parts) {
    if (part.kind === 'undefined') return part
    const own = (weight * part.stdError) ** 2
    effect += weight * part.effect
    variance += own
    spread += part.dof === null ? 0 : own ** 2 / part.dof
  }
  const dof = spread === 0 ? null : variance ** 2 / spread
  return {
    kind: 'effect',
    effect,
    stdError: Math.sqrt(variance),
    dof: dof === null || dof >= NORMAL_FROM_DOF ? null : dof,
  }
}

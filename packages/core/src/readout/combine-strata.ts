import { type AdjustedEffect, type Effect, phasedEffect } from '../statistics/index.ts'

/** The comparison within one phase or stratum. */
export interface Stratum {
  /** Of both variants. */
  readonly users: number
  readonly found: AdjustedEffect
}

/**
 * Effects of phases or strata as one (`phasedEffect`); for strata, which another sample would fill otherwise, with
 * Σ n_s (δ_s − δ)² / n² in the variance besides (post-stratification, each stratum adjusted in itself).
 */
export function combineStrata(
  parts: readonly Stratum[],
  { areStrata }: { readonly areStrata: boolean },
): AdjustedEffect {
  const [first] = parts
  if (first !== undefined && parts.length === 1) return first.found
  const of = (pick: (found: AdjustedEffect) => AdjustedEffect['effect']) =>
    phasedEffect(
      parts.map(({ users, found }) => ({ units: users, effect: { effect: pick(found), baseline: found.baseline } })),
    )
  const { effect, baseline, excludedShare } = of((found) => found.effect)
  const largest = parts.reduce<Stratum | undefined>(
    (best, part) => (part.users > (best?.users ?? -1) ? part : best),
    undefined,
  )
  return {
    effect: areStrata ? withSpread(effect, parts) : effect,
    unadjusted: of((found) => found.unadjusted).effect,
    adjustment: largest?.found.adjustment ?? 'none',
    covariates: largest?.found.covariates ?? [],
    dropped: largest?.found.dropped ?? [],
    varianceReduction: meanOf(parts, (found) => found.varianceReduction) ?? 0,
    treatmentMean: sideOf(parts, 'treatmentMean'),
    controlMean: sideOf(parts, 'controlMean'),
    baseline,
    linearisation: null,
    excludedShare: excludedShare + (meanOf(parts, excludedWithin) ?? 0),
  }
}

/** Of a part that compares something, the share of its own users that do not. */
function excludedWithin({ effect, excludedShare = 0 }: AdjustedEffect): number {
  return effect.kind === 'effect' ? excludedShare : 0
}

function withSpread(effect: Effect, parts: readonly Stratum[]): Effect {
  if (effect.kind === 'undefined') return effect
  const known = parts.flatMap(({ users, found }) =>
    found.effect.effect === null ? [] : [{ users, effect: found.effect.effect }],
  )
  const total = known.reduce((sum, { users }) => sum + users, 0)
  const spread = known.reduce((sum, part) => sum + part.users * (part.effect - effect.effect) ** 2, 0) / total ** 2
  return { ...effect, stdError: Math.sqrt(effect.stdError ** 2 + spread) }
}

function sideOf(parts: readonly Stratum[], side: 'treatmentMean' | 'controlMean'): AdjustedEffect['controlMean'] {
  const unadjusted = meanOf(parts, (found) => found[side]?.unadjusted)
  const adjusted = meanOf(parts, (found) => found[side]?.adjusted)
  return unadjusted === null || adjusted === null ? null : { unadjusted, adjusted }
}

/** Weighed by users, over the parts that have it. */
function meanOf(parts: readonly Stratum[], pick: (found: AdjustedEffect) => number | undefined): number | null {
  let sum = 0
  let users = 0
  for (const part of parts) {
    const value = pick(part.found)
    if (value === undefined) continue
    sum += part.users * value
    users += part.users
  }
  return users === 0 ? null : sum / users
}

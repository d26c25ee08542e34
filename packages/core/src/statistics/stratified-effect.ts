import type { AdjustedEffect, Baseline } from './adjusted-effect.ts'
import type { Arms } from './adjustment.ts'
import { combineAsymmetry } from './asymmetry.ts'
import type { Effect } from './effect.ts'
import { referenceDof } from './effect-interval.ts'
import { meanEffect } from './mean-effect.ts'
import { mergeVectorMoments, type VectorMoments } from './vector-moments.ts'

/** An effect in one phase or stratum, and how many units it stands for (both arms). */
export interface EffectPart {
  readonly units: number
  readonly effect: Pick<AdjustedEffect, 'effect' | 'baseline'>
}

/** An effect put together from parts. */
export interface CombinedEffect {
  readonly effect: Effect
  /** The control mean put together the same way; null where a part has none. */
  readonly baseline: Baseline | null
  /** Share of the units whose part had no comparison (an arm without units) and is left out. */
  readonly excludedShare: number
}

/**
 * The effect over phases whose allocation differs: Σ (n_h / n) δ_h, variance Σ (n_h / n)² v_h. Within a phase the split is
 * constant, so no phase's mixture of users is taken for an effect, as a plain pooled mean would. A phase in which an arm had
 * nobody compares nothing: it is left out and its share said. Phases whose values are all alike count with variance 0.
 * Throws a RangeError for units < 0. Reasons: `no-weight` where no phase compares, `zero-variance`, `not-finite`.
 */
export function phasedEffect(phases: readonly EffectPart[]): CombinedEffect {
  return combine(phases, () => 0)
}

/**
 * Post-stratification (Miratrix, Sekhon & Yu 2013): Σ (n_s / n) δ_s over strata known before exposure, with Σ (n_s / n)² v_s
 * + Σ (n_s / n) (δ_s − δ)² / n, the last term because another sample would have other strata sizes. Strata in which an arm
 * has fewer than two units are taken together first. Fails with many strata for few units; adjust for them instead.
 */
export function postStratifiedEffect(strata: readonly (Arms & { readonly metric?: number })[]): CombinedEffect {
  const isThin = ({ treatment, control }: Arms) => treatment.n < 2 || control.n < 2
  const thin = strata.filter(isThin)
  const merged = thin.length < 2 ? thin : [mergeArms(thin)]
  const parts = [...strata.filter((arms) => !isThin(arms)), ...merged].map((arms) => ({
    units: arms.treatment.n + arms.control.n,
    effect: meanEffect({ ...arms, covariates: [] }),
  }))
  return combine(parts, (effect, used) => {
    const units = used.reduce((sum, part) => sum + part.units, 0)
    return (
      used.reduce((sum, part) => sum + part.units * ((part.effect.effect.effect ?? effect) - effect) ** 2, 0) /
      units ** 2
    )
  })
}

function mergeArms(parts: readonly (Arms & { readonly metric?: number })[]): Arms & { readonly metric?: number } {
  const all = (pick: (arms: Arms) => VectorMoments) => parts.map(pick).reduce(mergeVectorMoments)
  return { ...parts[0]!, treatment: all((arms) => arms.treatment), control: all((arms) => arms.control) }
}

function combine(
  parts: readonly EffectPart[],
  between: (effect: number, used: readonly EffectPart[]) => number,
): CombinedEffect {
  const wrong = parts.find(({ units }) => !(units >= 0 && Number.isFinite(units)))
  if (wrong !== undefined) throw new RangeError(`units of a part must be finite and ≥ 0, got ${wrong.units}`)
  const broken = parts.some(({ effect: { effect } }) => effect.kind === 'undefined' && effect.reason === 'not-finite')
  const used = parts.filter(({ units, effect: { effect } }) => units > 0 && isCompared(effect))
  const [all, units] = [parts, used].map((list) => list.reduce((sum, part) => sum + part.units, 0))
  const excludedShare = all === 0 ? 0 : 1 - units! / all!
  if (broken || units === 0) {
    const reason = broken ? 'not-finite' : 'no-weight'
    return { effect: { kind: 'undefined', reason, effect: null }, baseline: null, excludedShare }
  }
  const shares = used.map((part) => part.units / units!)
  const effect = used.reduce((sum, part, i) => sum + shares[i]! * part.effect.effect.effect!, 0)
  return {
    effect: summed(used, shares, { effect, extra: between(effect, used) }),
    baseline: combinedBaseline(used, shares),
    excludedShare,
  }
}

function isCompared(effect: Effect): boolean {
  return effect.kind === 'effect' || effect.reason === 'zero-variance'
}

function summed(
  parts: readonly EffectPart[],
  shares: readonly number[],
  { effect, extra }: { readonly effect: number; readonly extra: number },
): Effect {
  let variance = extra
  let spread = 0
  parts.forEach(({ effect: { effect: part } }, i) => {
    if (part.kind === 'undefined') return
    const own = (shares[i]! * part.stdError) ** 2
    variance += own
    if (part.dof !== null) spread += own ** 2 / part.dof
  })
  if (!(variance > 0)) return { kind: 'undefined', reason: 'zero-variance', effect }
  const dof = spread === 0 ? null : referenceDof(variance ** 2 / spread)
  const stdError = Math.sqrt(variance)
  const known = parts.flatMap(({ effect: { effect: part } }, i) =>
    part.kind === 'effect' ? [{ share: shares[i]!, stdError: part.stdError, asymmetry: part.asymmetry }] : [],
  )
  const asymmetry = combineAsymmetry(known, stdError)
  return { kind: 'effect', effect, stdError, dof, ...(asymmetry === undefined ? {} : { asymmetry }) }
}

function combinedBaseline(parts: readonly EffectPart[], shares: readonly number[]): Baseline | null {
  const sum = { mean: 0, variance: 0, covariance: 0 }
  for (const [i, { effect }] of parts.entries()) {
    if (effect.baseline === null) return null
    sum.mean += shares[i]! * effect.baseline.mean
    sum.variance += shares[i]! ** 2 * effect.baseline.variance
    sum.covariance += shares[i]! ** 2 * effect.baseline.covariance
  }
  return sum
}

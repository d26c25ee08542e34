import { bestVariant } from './best-variant.ts'
import type { UndefinedReason } from './estimate.ts'

/** What is known of one variant. */
export interface VariantMean {
  /** More is better. */
  readonly mean: number
  readonly stdError: number
  readonly units: number
}

/** New shares of the units, or that the old ones stay, and why. */
export type BanditWeights =
  | { readonly kind: 'weights'; readonly weights: readonly number[]; readonly best: readonly number[] }
  | { readonly kind: 'kept'; readonly reason: UndefinedReason }

/** Below this no variant's share may fall. */
export const LEAST_FLOOR = 0.01
/** Fewer units in any variant move no share: P(best) of a dozen people is noise that feeds on itself. */
export const LEAST_UNITS = 100

/**
 * Shares of variants by Thompson sampling with an additive floor: p = f + (1 − K f) w, w being P(best) for independent
 * normals under a flat prior (bestVariant, error < 1e-6). Use f ≥ .02 where the log shall serve off-policy evaluation.
 * Assumes means that do not drift; users seen under changing shares must be weighted, not pooled, before they come here.
 * Throws a RangeError for fewer than two variants, f < .01 or K f > 1.
 */
export function banditWeights(variants: readonly VariantMean[], floor: number = LEAST_FLOOR): BanditWeights {
  const count = variants.length
  if (count < 2) throw new RangeError(`variants must be at least two, got ${count}`)
  if (!(floor >= LEAST_FLOOR && floor * count <= 1)) {
    throw new RangeError(`floor must be in [${LEAST_FLOOR}, ${1 / count}], got ${floor}`)
  }
  const reason = reasonToKeep(variants)
  if (reason !== null) return { kind: 'kept', reason }
  const [first, ...others] = variants
  const effects = {
    effects: others.map(({ mean }) => mean - first!.mean),
    ownVariances: others.map(({ stdError }) => stdError ** 2),
    controlVariance: first!.stdError ** 2,
  }
  const { best } = bestVariant(effects, { mean: 0, sd: Number.POSITIVE_INFINITY })
  return { kind: 'weights', best, weights: best.map((chance) => floor + (1 - count * floor) * chance) }
}

function reasonToKeep(variants: readonly VariantMean[]): UndefinedReason | null {
  if (variants.some(({ units }) => !(units >= LEAST_UNITS))) return 'too-few-units'
  if (variants.some(({ mean, stdError }) => !Number.isFinite(mean) || !Number.isFinite(stdError))) return 'not-finite'
  return variants.some(({ stdError }) => !(stdError > 0)) ? 'zero-variance' : null
}

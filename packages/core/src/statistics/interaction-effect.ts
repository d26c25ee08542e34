import type { AdjustedEffect } from './adjusted-effect.ts'
import type { Effect } from './effect.ts'
import { referenceDof } from './effect-interval.ts'

/**
 * The difference of two effects on different users, first − second, with variances added and Satterthwaite's degrees of
 * freedom. Reasons are those of the two.
 */
export function differenceOfEffects(first: Effect, second: Effect): Effect {
  for (const effect of [first, second]) {
    if (effect.kind === 'undefined' && effect.reason !== 'zero-variance') {
      return { kind: 'undefined', reason: effect.reason, effect: null }
    }
  }
  const effect = first.effect! - second.effect!
  const parts = [first, second].map((part) => (part.kind === 'effect' ? part : { stdError: 0, dof: null }))
  const variance = parts.reduce((sum, part) => sum + part.stdError ** 2, 0)
  if (variance === 0) return { kind: 'undefined', reason: 'zero-variance', effect }
  const spread = parts.reduce((sum, part) => sum + (part.dof === null ? 0 : part.stdError ** 4 / part.dof), 0)
  const dof = spread === 0 ? null : referenceDof(variance ** 2 / spread)
  return { kind: 'effect', effect, stdError: Math.sqrt(variance), dof }
}

/** How two experiments that ran on the same users act on each other. */
export interface Interaction {
  /** Effect of the first experiment among users with the second's treatment, minus that among its control. */
  readonly interaction: Effect
  /** The two it is made of: what the first experiment does beside the other's treatment, and beside its control. */
  readonly besideTreatment: Effect
  readonly besideControl: Effect
}

/**
 * The interaction of two running experiments, a difference of differences over the four cells. Both effects come from
 * `meanEffect` or `ratioEffect` among the users of one variant of the other experiment, adjusted or not. The two assignments
 * are independent. Its standard error is twice that of either main effect at equal splits: few interactions can be found that
 * are smaller than the effects themselves. Test it beside, not before, the main effects, and correct for the number of pairs.
 */
export function interactionEffect(
  besideTreatment: Pick<AdjustedEffect, 'effect'>,
  besideControl: Pick<AdjustedEffect, 'effect'>,
): Interaction {
  return {
    interaction: differenceOfEffects(besideTreatment.effect, besideControl.effect),
    besideTreatment: besideTreatment.effect,
    besideControl: besideControl.effect,
  }
}

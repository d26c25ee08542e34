import type { Asymmetry } from './asymmetry.ts'
import type { UndefinedReason } from './estimate.ts'

/**
 * An effect on one metric with its standard error, before any level or rule is chosen: what intervals, tests, sequential
 * bounds and decisions are computed from. In the metric's own unit, or a share of the control mean where it is relative.
 */
export type Effect =
  | {
      readonly kind: 'effect'
      readonly effect: number
      /** > 0. */
      readonly stdError: number
      /** Degrees of freedom of the t distribution that holds; null where the normal does. */
      readonly dof: number | null
      /** What intervals and tests are corrected for; absent where skewness is not known or not to be corrected. */
      readonly asymmetry?: Asymmetry
    }
  | {
      readonly kind: 'undefined'
      readonly reason: UndefinedReason
      /** The point estimate where at least that is known. */
      readonly effect: number | null
    }

/** The case of an `Effect` that has a standard error. */
export type KnownEffect = Extract<Effect, { readonly kind: 'effect' }>

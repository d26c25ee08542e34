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
      /** Of a relative effect with `asymmetry`: what is tested in place of the logarithm or the share. */
      readonly contrast?: Contrast
    }
  | {
      readonly kind: 'undefined'
      readonly reason: UndefinedReason
      /** The point estimate where at least that is known. */
      readonly effect: number | null
    }

/** The comparison with a share s of a base: effect − s · base and how it varies. */
export interface Contrast {
  readonly effect: number
  readonly variance: number
  readonly base: number
  readonly baseVariance: number
  readonly covariance: number
  readonly scale: 'log' | 'share'
  /** −1: seen from the other side. */
  readonly sign: 1 | -1
}

/** The case of an `Effect` that has a standard error. */
export type KnownEffect = Extract<Effect, { readonly kind: 'effect' }>

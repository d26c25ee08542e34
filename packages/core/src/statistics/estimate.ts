/**
 * Why there is no interval. `zero-baseline`, `weak-baseline`: a share of a control mean that is 0, or within three of its
 * standard errors of it; `zero-denominator`: a ratio over nothing; `no-weight`: weights that sum to 0; `weak-compliance`:
 * too few differ in what they received; `not-reached`: the quantile or time lies beyond what was observed;
 * `no-test`: the method tests nothing at this look; `measured-after-exposure`, `differs-between-variants`: a feature that is
 * not, or cannot be, from before exposure; `weak-index`: effects on a surrogate too uncertain to tell a slope.
 */
export const UNDEFINED_REASONS = [
  'too-few-units',
  'zero-variance',
  'not-finite',
  'zero-baseline',
  'weak-baseline',
  'zero-denominator',
  'no-weight',
  'weak-compliance',
  'not-reached',
  'no-test',
  'measured-after-exposure',
  'differs-between-variants',
  'weak-index',
] as const
export type UndefinedReason = (typeof UNDEFINED_REASONS)[number]

/** A number with its confidence interval, or the reason why there is none. Never NaN, never a made-up interval. */
export type Estimate =
  | {
      readonly kind: 'estimate'
      readonly mean: number
      readonly low: number
      readonly high: number
      readonly stdError: number
      /** Degrees of freedom of the t distribution used; null where the normal was. */
      readonly dof: number | null
    }
  | {
      readonly kind: 'undefined'
      readonly reason: UndefinedReason
      /** The point estimate where at least that is known: all values alike have a mean and no interval. */
      readonly mean: number | null
      /** The reason for people, in what a read-out hands out. */
      readonly words?: string
    }

/** An estimate without an interval. */
export function undefinedEstimate(reason: UndefinedReason, mean: number | null = null): Estimate {
  return { kind: 'undefined', reason, mean }
}

/** Throws a RangeError unless a confidence level lies strictly between 0 and 1. */
export function checkLevel(level: number): void {
  if (!(level > 0 && level < 1)) throw new RangeError(`level must be in (0, 1), got ${level}`)
}

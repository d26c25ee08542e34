import { findRoot, normalCdf } from '../numeric/index.ts'
import { checkedEffect } from './checked-effect.ts'
import type { Effect } from './effect.ts'
import { effectBounds, effectScore } from './effect-interval.ts'
import type { UndefinedReason } from './estimate.ts'

/** An interval that holds at all looks together, with what it is the inversion of. */
export type ConfidenceSequence =
  | {
      readonly kind: 'sequence'
      readonly effect: number
      readonly low: number
      readonly high: number
      readonly stdError: number
      /** Evidence against the tested value at this look: under it, expectation ≤ 1 at every look. */
      readonly eValue: number
      /** min(1, 1 / eValue) at this look. The smallest over all looks is valid too, whenever one stops. */
      readonly pValue: number
    }
  | { readonly kind: 'undefined'; readonly reason: UndefinedReason; readonly effect: number | null }

/** What a confidence sequence is tuned by. */
export interface SequenceDesign {
  /** Units the effect stands on so far. */
  readonly n: number
  /** Error over all looks: on its one side, or on both together. */
  readonly alpha: number
  /** Units at which it is to be narrowest, N*: the expected size at the decision. */
  readonly expectedN: number
}

/**
 * Asymptotic confidence sequence of an effect (Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, arXiv 2103.06476, theorem
 * 2.2), an interval of which all looks together miss with probability α, however often one looks; with
 * r = nρ² = (n / N*) (−2 ln a + ln(1 − 2 ln a)) it is effect ± SE √(2 (r + 1) / r · ln(√(r + 1) / a)). The two-sided one is
 * what is elsewhere called generalised always-valid inference. With `sides: 1` each end is the one-sided bound at α of
 * the half-normal mixture (their proposition B.1, inverted exactly), to be read against a single alternative. Valid for
 * n large only; wider than a group sequential bound at N*. Fails where SE does not settle (heavy tails in small groups).
 * `at` is the tested value; one-sided e and p are for an effect above it. Throws a RangeError for `alpha` outside (0, 1)
 * (one-sided: (0, .5)), `n` or `expectedN` not above 0.
 */
export function confidenceSequence(
  given: Effect,
  design: SequenceDesign & { readonly sides?: 1 | 2; readonly at?: number },
): ConfidenceSequence {
  const { n, alpha, expectedN, sides = 2, at = 0 } = design
  const critical = sequenceCritical({ n, alpha, expectedN, sides })
  const effect = checkedEffect(given)
  if (effect.kind === 'undefined') return effect
  const { effect: mean, stdError } = effect
  const logE = logEvidence(effectScore(effect, at), { ratio: ratioOf({ n, alpha, expectedN, sides }), sides })
  return {
    kind: 'sequence',
    effect: mean,
    ...effectBounds(effect, critical),
    stdError,
    eValue: Math.min(Math.exp(logE), Number.MAX_VALUE),
    pValue: Math.min(1, Math.exp(-logE)),
  }
}

/** How many standard errors the ends of a confidence sequence lie from the effect. */
export function sequenceCritical(design: SequenceDesign & { readonly sides: 1 | 2 }): number {
  checkSequence(design)
  const { alpha, sides } = design
  const ratio = ratioOf(design)
  const atError = (error: number) => Math.sqrt(((2 * (ratio + 1)) / ratio) * Math.log(Math.sqrt(ratio + 1) / error))
  if (sides === 2) return atError(alpha)
  // Between the bound for half the evidence (Φ = 1/2 at worst) and none: log(2 Φ) lies in [0, ln 2] above z = 0.
  const excess = (z: number) => logEvidence(z, { ratio, sides }) + Math.log(alpha)
  return findRoot(excess, { low: 0, high: atError(alpha) })
}

/** ln of the mixture martingale: normal mixture for two sides, half-normal for the upper one. */
function logEvidence(z: number, { ratio, sides }: { readonly ratio: number; readonly sides: 1 | 2 }): number {
  const shrink = ratio / (ratio + 1)
  const twoSided = (shrink * z * z) / 2 - Math.log1p(ratio) / 2
  if (sides === 2) return twoSided
  return twoSided + Math.LN2 + logNormalCdf(z * Math.sqrt(shrink))
}

// Below this Φ nears the smallest double.
const FAR_BELOW = -37

/** ln Φ(z); far below by the first term of Mills' ratio, relative error of Φ < 1 / z² = 7e-4. */
function logNormalCdf(z: number): number {
  if (z > FAR_BELOW) return Math.log(normalCdf(z))
  return -(z * z) / 2 - Math.log(-z) - Math.log(2 * Math.PI) / 2
}

/** r = n ρ²; the one-sided sequence is tuned like the two-sided one with α on each side. */
function ratioOf({ n, alpha, expectedN, sides }: SequenceDesign & { readonly sides: 1 | 2 }): number {
  const tail = -2 * Math.log(sides === 1 ? 2 * alpha : alpha)
  return (n / expectedN) * (tail + Math.log1p(tail))
}

function checkSequence({ n, alpha, expectedN, sides }: SequenceDesign & { readonly sides: 1 | 2 }): void {
  const most = sides === 1 ? 0.5 : 1
  if (!(alpha > 0 && alpha < most)) throw new RangeError(`alpha must be in (0, ${most}), got ${alpha}`)
  if (!(n > 0 && Number.isFinite(n))) throw new RangeError(`n must be above 0, got ${n}`)
  if (!(expectedN > 0 && Number.isFinite(expectedN)))
    throw new RangeError(`expectedN must be above 0, got ${expectedN}`)
}

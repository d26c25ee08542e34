import type { Linearisation } from './adjusted-effect.ts'
import type { Arms } from './adjustment.ts'
import type { Asymmetry } from './asymmetry.ts'
import { cubicForm } from './third-moments.ts'
import { bilinearForm } from './transform-moments.ts'

/** What of an outcome its second-order terms depend on. */
export interface SkewedOutcome {
  readonly treatment: { readonly weights: Float64Array }
  readonly control: { readonly weights: Float64Array }
  /** Column that means were divided by, of a ratio. */
  readonly denominator?: number
}

/**
 * Asymmetry of a difference of two arms from the central moments of both arms' influence values together: μ₂ and μ₃ around
 * each arm's own mean, A = μ₃ (1/n₁² − 1/n₀²) / (μ₂ (1/n₁ + 1/n₀))^(3/2). An arm's own moments would be large just where its mean
 * lies far out, and a correction that follows them errs in the tail; an effect that is small against the scatter moves
 * the common ones only at the next order. Fails where the treatment changes the shape of the values as a whole. Undefined
 * without third moments, or where nothing varies.
 */
export function asymmetryOf(
  { treatment, control }: Arms,
  { treatment: w1, control: w0 }: Pick<Linearisation, 'treatment' | 'control'>,
  outcome: SkewedOutcome,
): Asymmetry | undefined {
  if (treatment.third === undefined || control.third === undefined) return undefined
  const units = treatment.n + control.n
  const mu2 = (bilinearForm(treatment.cross, w1, w1) + bilinearForm(control.cross, w0, w0)) / units
  const mu3 = (cubicForm(treatment.third, w1) + cubicForm(control.third, w0)) / units
  const variance = mu2 * (1 / treatment.n + 1 / control.n)
  if (!(variance > 0 && Number.isFinite(mu3))) return undefined
  const lean = 1 / treatment.n ** 2 - 1 / control.n ** 2
  const ratio = ofRatio({ treatment, control }, { treatment: w1, control: w0 }, outcome)
  return {
    skewness: (mu3 * lean) / variance ** 1.5,
    // θ̂ − θ ≈ z̄ (1 − w) per arm, w the relative error of its mean denominator.
    bias: (-ratio.plain * (1 / treatment.n - 1 / control.n)) / Math.sqrt(variance),
    curvature: (-2 * mu2 * ratio.residual * lean) / variance ** 1.5,
  }
}

/** Covariance within arms of d / d̄ with the linearised ratio, and with what covariates leave of it; 0 of a mean. */
function ofRatio(
  { treatment, control }: Arms,
  residual: Pick<Linearisation, 'treatment' | 'control'>,
  { treatment: a, control: b, denominator }: SkewedOutcome,
): { readonly plain: number; readonly residual: number } {
  if (denominator === undefined) return { plain: 0, residual: 0 }
  const size = new Float64Array(treatment.mean.length)
  size[denominator] = 1
  const units = treatment.n + control.n
  const covariance = (u: Float64Array, v: Float64Array): number =>
    (bilinearForm(treatment.cross, u, size) / treatment.mean[denominator]! +
      bilinearForm(control.cross, v, size) / control.mean[denominator]!) /
    units
  return { plain: covariance(a.weights, b.weights), residual: covariance(residual.treatment, residual.control) }
}

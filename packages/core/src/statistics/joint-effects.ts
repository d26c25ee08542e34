import { packedLength } from '../numeric/index.ts'
import type { AdjustedEffect, Linearisation } from './adjusted-effect.ts'
import { type Arms, sharedVariance } from './adjustment.ts'
import { bilinearForm } from './transform-moments.ts'
import { mergeVectorMoments } from './vector-moments.ts'

/**
 * Covariance matrix, packed, of effects on several metrics that were computed from the columns of the same two arms: per arm the
 * covariance of residuals over n, and what the slopes' differences share (see `Linearisation`). Its diagonal holds the
 * squared standard errors. Throws a RangeError for an effect that has no standard error: leave those out first.
 */
export function effectCovariance(arms: Arms, effects: readonly Pick<AdjustedEffect, 'linearisation'>[]): Float64Array {
  const pooled = mergeVectorMoments(arms.treatment, arms.control)
  const linear = effects.map(({ linearisation }, i) => {
    if (linearisation === null) throw new RangeError(`effects must have a standard error, number ${i} has none`)
    return linearisation
  })
  const covariance = new Float64Array(packedLength(linear.length))
  let k = 0
  linear.forEach((one, i) => {
    for (let j = 0; j <= i; j++, k++) covariance[k] = covarianceOf({ ...arms, pooled }, one, linear[j]!)
  })
  return covariance
}

function covarianceOf(
  { treatment, control, pooled }: Arms & { readonly pooled: Arms['control'] },
  a: Linearisation,
  b: Linearisation,
): number {
  const own = Math.sqrt(a.treatmentScale * b.treatmentScale) * bilinearForm(treatment.cross, a.treatment, b.treatment)
  const other = Math.sqrt(a.controlScale * b.controlScale) * bilinearForm(control.cross, a.control, b.control)
  return own / treatment.n + other / control.n + sharedVariance(pooled, a.shared, b.shared)
}

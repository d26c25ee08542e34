import type { EvaluationLog } from './evaluation-log.ts'

/** By decision: target probability ÷ propensity of the action that was chosen. 0 where the target would never choose it. */
export function importanceWeights(log: EvaluationLog): Float64Array {
  const { offsets, chosen, propensities, targetPolicy } = log
  const weights = new Float64Array(chosen.length)
  for (let i = 0; i < weights.length; i++) weights[i] = targetPolicy[offsets[i]! + chosen[i]!]! / propensities[i]!
  return weights
}

/** How many unweighted decisions a weighted log is worth: (Σw)² / Σw² (Kish 1965, §11.7); 0 where no weight is above 0. */
export function effectiveSampleSize(weights: ArrayLike<number>): number {
  let [sum, squares] = [0, 0]
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i]!
    squares += weights[i]! ** 2
  }
  return squares > 0 ? sum ** 2 / squares : 0
}

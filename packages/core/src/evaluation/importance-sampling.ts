import type { EstimatorTerms, ObjectiveTerms } from './estimator.ts'

/**
 * IPS (Horvitz & Thompson 1952; Strehl et al. 2010, eq. 1): V = mean of w r. Unbiased where the log gives every target action some
 * probability and propensities are those of the draw; needs no model. Fails with few large weights: one decision may carry
 * the estimate, and its standard error, taken from the same decisions, does not show it. Not unchanged when all rewards
 * shift by a constant.
 */
export function importanceSampling({ weights, rewards }: Pick<ObjectiveTerms, 'weights' | 'rewards'>): EstimatorTerms {
  return { weighted: weights.map((weight, i) => weight * rewards[i]!) }
}

/**
 * SNIPS (Swaminathan & Joachims 2015, eq. 7): V = Σ w r / Σ w. Consistent, not unbiased (O(1/n)); steadier than IPS, inside
 * the range of the rewards, and moved by c when all rewards are. Same assumptions as IPS, but silent where support is missing: it then
 * speaks of the actions the log has. No value where all weights are 0.
 */
export function selfNormalisedSampling({
  weights,
  rewards,
}: Pick<ObjectiveTerms, 'weights' | 'rewards'>): EstimatorTerms {
  return { weighted: weights.map((weight, i) => weight * rewards[i]!), normaliser: weights }
}

import type { EstimatorTerms, ObjectiveTerms } from './estimator.ts'
import { cutWeights, type WeightRule } from './weight-rules.ts'

/**
 * DR (Dudík, Langford & Li 2011, eq. 1): V = mean of Σ_a π_e(a | x) q(x, a) + w (r − q(x, A)). Unbiased for any model that has not seen
 * the user (cross-fit it) where propensities are those of the draw and there is overlap; the better the model, the smaller what weights
 * multiply. `rule` replaces w by a tamer weight: less variance for a bias of E[(w − ŵ)(r − q)]. Fails as IPS does
 * where residuals are large and weights few.
 */
export function doublyRobust(terms: ObjectiveTerms, rule?: WeightRule): EstimatorTerms {
  const weights = rule === undefined ? terms.weights : cutWeights(terms.weights, rule)
  return { direct: terms.expected, weighted: weightedResiduals(terms, weights) }
}

/**
 * SNDR (Robins & Rotnitzky 2007; as in Open Bandit Pipeline): V = mean of Σ_a π_e q + Σ w (r − q) / Σ w. Consistent, not
 * unbiased; weights that do not average 1 by chance no longer scale the correction. Silent, as SNIPS is, where support is
 * missing.
 */
export function selfNormalisedDoublyRobust(terms: ObjectiveTerms): EstimatorTerms {
  return {
    direct: terms.expected,
    weighted: weightedResiduals(terms, terms.weights),
    normaliser: terms.weights,
  }
}

function weightedResiduals({ rewards, predicted }: ObjectiveTerms, weights: Float64Array): Float64Array {
  return weights.map((weight, i) => weight * (rewards[i]! - predicted[i]!))
}

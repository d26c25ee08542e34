import type { EstimatorTerms, ObjectiveTerms } from './estimator.ts'

/**
 * DM (Beygelzimer & Langford 2009): V = mean of Σ_a π_e(a | x) q(x, a), what the reward model says the target would get. Right only
 * where the model is; its interval holds the chance of which decisions came and nothing of the model's error, so it may be
 * narrow around a wrong number. Needs no overlap, which is the danger: it answers for actions the log has never shown.
 */
export function directMethod({ expected }: ObjectiveTerms): EstimatorTerms {
  return { direct: expected }
}

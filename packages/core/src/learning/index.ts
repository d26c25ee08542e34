export * from './additive-stumps.ts'
export * from './artifact-checks.ts'
export * from './bandit-bytes.ts'
export * from './bayesian-head.ts'
export * from './believed-rewards.ts'
export * from './bin-features.ts'
export { type BanditPrior, type BanditShape, type ContextualBandit, createBandit } from './contextual-bandit.ts'
export * from './delay-curve.ts'
export * from './doubly-robust-scores.ts'
export * from './effect-learner.ts'
export * from './fit-rate-prior.ts'
export * from './hazards.ts'
export * from './head-bytes.ts'
export * from './head-stack.ts'
export * from './hierarchical-prior.ts'
export * from './later-sends.ts'
export * from './learn-bandit.ts'
export * from './learn-early.ts'
export * from './learn-messages.ts'
export * from './learn-sends.ts'
export type { VisitResult } from './learn-visits.ts'
export * from './learning-features.ts'
export * from './logistic-head.ts'
export * from './matured-rate.ts'
export { horizonOf, type MessageBeliefs, type MessageTraits, messageBeliefs } from './message-beliefs.ts'
export { ANSWER_EDGES_HOURS, type MessageCounts, messageCounts } from './message-counts.ts'
export * from './offered-messages.ts'
export * from './policy-state.ts'
export * from './predict-bandit.ts'
export * from './predict-block.ts'
export * from './progressive-belief.ts'
export * from './reward.ts'
export * from './reward-vector.ts'
export * from './ridge.ts'
export * from './score-covariance.ts'
export * from './send-heads.ts'
export * from './send-model.ts'
export * from './sister-evidence.ts'
export {
  fillSlow,
  lossPatterns,
  roomFor,
  type SlowModel,
  type SlowSaid,
  slowModelOf,
} from './slow-model.ts'
export * from './surrogate-test.ts'
export * from './trace-counts.ts'
export * from './trace-prior.ts'
export * from './trusted-horizon.ts'
export { isVisit, visitHeadOf } from './visit-heads.ts'
export {
  chanceWithout,
  fillExtras,
  type KnownChance,
  lookAtHours,
  type VisitExtras,
  type VisitHazard,
  type VisitModel,
  visitModelOf,
} from './visit-model.ts'
export * from './wave-features.ts'

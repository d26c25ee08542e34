/**
 * What is believed about the response rates of the variants of one message before it is sent: the message's level is
 * Beta(levelMean · levelWeight, …), a variant's rate given the level Beta(level · spreadWeight, …).
 */
export interface RatePrior {
  /** Mean response rate over messages, in (0, 1). */
  readonly levelMean: number
  /** How many observations the prior on the level is worth; > 0. */
  readonly levelWeight: number
  /** How many observations per variant it takes to outweigh the level; large when variants hardly differ; > 0. */
  readonly spreadWeight: number
}

/** What was seen of one variant. */
export interface RateCount {
  /** Observations, e.g. sends whose window has closed; ≥ 0. */
  readonly trials: number
  /** How many of them responded, in [0, trials]. */
  readonly successes: number
}

/**
 * What off-policy evaluation reads: a log of decisions whose choices were drawn with known probabilities, and what another
 * policy would have done in each. Columns are ragged, because each decision has its own actions: decision i owns the
 * entries `offsets[i]` to `offsets[i + 1] − 1` of every column "by action". Decisions are numbered from 0 to n − 1.
 */
export interface EvaluationLog {
  /** n + 1 numbers, the first 0, each larger than the one before: a decision has at least one action. */
  readonly offsets: ArrayLike<number>
  /** By decision: place of the chosen action among the decision's own actions, 0 for its first. */
  readonly chosen: ArrayLike<number>
  /** By decision: the probability with which the logging policy drew the chosen action, written down at that moment; in (0, 1]. */
  readonly propensities: ArrayLike<number>
  /** By action: the target policy's distribution; ≥ 0, sums to 1 within each decision. */
  readonly targetPolicy: ArrayLike<number>
  /**
   * By action: the logging policy's distribution, where the log holds all of it. It shows which target actions the log
   * could never have chosen, and makes the difference of the two policies more exact.
   */
  readonly loggingPolicy?: ArrayLike<number>
  /** By decision: whose it was, an index ≥ 0. Decisions of one user depend on one another and are never split. */
  readonly users: ArrayLike<number>
  /** One column for each objective: what followed the chosen action. */
  readonly rewards: readonly RewardColumn[]
  /** By decision: 1 where the reward windows of all objectives have closed, 0 where one is open; all closed unless given. */
  readonly matured?: ArrayLike<number>
  /** What actions are across decisions: a reward model learns of them, and advice names them. */
  readonly identities?: ActionIdentities
  /** By decision: what was known of user and moment, for the reward model. */
  readonly context?: FeatureMatrix
  /** By action: what was known of it then and there, for the reward model. */
  readonly actionFeatures?: FeatureMatrix
  /** Parts of the log that advice speaks of separately. */
  readonly segments?: Segments
  /** Several policies made the log: which one made which decision, and what the others would have done. */
  readonly loggers?: Loggers
}

/** The policies that made a log. `propensities` and `loggingPolicy` of the log are those of each decision's own. */
export interface Loggers {
  /** By decision: which one made it, an index into `names`. */
  readonly indices: ArrayLike<number>
  readonly names: readonly string[]
  /** By logger and decision: the probability with which it would have drawn the chosen action; 0 where it never would have. */
  readonly chosenProbabilities?: readonly ArrayLike<number>[]
  /** By logger and action: its whole distribution, where the log holds all of them. */
  readonly distributions?: readonly ArrayLike<number>[]
}

/** One objective's rewards, by decision. Larger is better unless the metric that reads it says `inverse`. */
export interface RewardColumn {
  readonly name: string
  /** By decision: the reward of the chosen action. */
  readonly values: ArrayLike<number>
  /**
   * By action: a prediction of the reward that has not seen this decision's user. Where it is exact, as for "a message was
   * sent", the estimate has no noise from weights. Absent: a reward model is fitted.
   */
  readonly predictions?: ArrayLike<number>
}

/** By action: which action it is, an index into `names`. */
export interface ActionIdentities {
  readonly indices: ArrayLike<number>
  readonly names: readonly string[]
}

/** Rows of `width` numbers, one after the other. */
export interface FeatureMatrix {
  readonly width: number
  readonly values: ArrayLike<number>
}

/** By decision: the part it lies in, an index into `names`. */
export interface Segments {
  readonly indices: ArrayLike<number>
  readonly names: readonly string[]
}

/** How many decisions a log holds. */
export function decisionsIn({ chosen }: Pick<EvaluationLog, 'chosen'>): number {
  return chosen.length
}

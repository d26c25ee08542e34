import { PalomaError } from '../domain/index.ts'
import { type Estimate, meanInterval, momentsOf } from '../statistics/index.ts'

/** What choosing by a model brought against one action for everybody. */
export interface FixedComparison {
  /** Value of each action for everybody, per user. */
  readonly actions: readonly Estimate[]
  readonly chosen: Estimate
  /** Index of the best fixed action. */
  readonly best: number
  /** Value of the model's choices minus that of the best fixed action, paired by user. */
  readonly gain: Estimate
  /** `gain` above, below or across 0; `unknown` where there is no interval. */
  readonly verdict: 'gain' | 'loss' | 'no-gain-shown' | 'unknown'
}

/**
 * A policy against the best fixed action, from doubly robust scores (one column per action) and the action the policy
 * chooses per row, which must not depend on that row's reward: cross-fit it. The best action is picked on the same rows, which
 * makes its own value a little too high, and the verdict careful. Throws COLUMNS_INVALID.
 */
export function compareWithBestFixed(
  scores: readonly ArrayLike<number>[],
  choices: ArrayLike<number>,
  level: number,
): FixedComparison {
  if (scores.length === 0 || scores.some(({ length }) => length !== choices.length))
    throw new PalomaError(
      'COLUMNS_INVALID',
      `scores must hold columns of ${choices.length} rows, got ${scores.length} columns`,
    )
  const moments = scores.map((column) => momentsOf(Array.from(column)))
  const best = moments.reduce((top, { mean }, i) => (mean > moments[top]!.mean ? i : top), 0)
  const values = Array.from({ length: choices.length }, (_, i) => scores[choices[i]!]![i]!)
  const gain = meanInterval(momentsOf(values.map((value, i) => value - scores[best]![i]!)), level)
  return {
    actions: moments.map((of) => meanInterval(of, level)),
    chosen: meanInterval(momentsOf(values), level),
    best,
    gain,
    verdict: verdictOf(gain),
  }
}

function verdictOf(gain: Estimate): FixedComparison['verdict'] {
  // All choices equal to the best action: a gain of exactly 0 has no variance.
  if (gain.kind === 'undefined') return gain.reason === 'zero-variance' && gain.mean === 0 ? 'no-gain-shown' : 'unknown'
  if (gain.low > 0) return 'gain'
  return gain.high < 0 ? 'loss' : 'no-gain-shown'
}

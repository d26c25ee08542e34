import { PalomaError } from '../domain/index.ts'
import { greedy, largestScore } from './greedy.ts'
import { mixFloor } from './mix-floor.ts'

/** What exploring may cost at most, per decision and in expectation; both hold where both are set. */
export interface ExplorationBudget {
  /** Largest probability of an action that is not the best, in [0, 1]. */
  readonly share?: number
  /** Largest expected loss against always taking the best, in units of the score; ≥ 0. */
  readonly loss?: number
}

/**
 * The most exploring distribution within a budget on the line from greedy to `probabilities`, both with the same floor:
 * p ← (1 − θ) greedy + θ p with the largest θ ≤ 1 whose share and loss keep the budget; both are linear in θ. The floor
 * stays: where it alone exceeds the budget, greedy with the floor is the answer. Believes the scores: what exploration
 * really costs is known only as well as they are. Throws BUDGET_INVALID.
 */
export function withinBudget(
  probabilities: Float64Array,
  { scores, floor }: { readonly scores: Float64Array; readonly floor: number },
  budget: ExplorationBudget,
): Float64Array {
  checkBudget('share', budget.share, 1)
  checkBudget('loss', budget.loss, Infinity)
  const least = mixFloor(greedy(scores), floor)
  const best = largestScore(scores)
  let theta = 1
  for (const [limit, cost] of [
    [budget.share, (k: number) => (scores[k]! < best ? 1 : 0)],
    [budget.loss, (k: number) => best - scores[k]!],
  ] as const) {
    if (limit !== undefined)
      theta = Math.min(theta, shareWithin(limit, expected(least, cost), expected(probabilities, cost)))
  }
  return probabilities.map((p, k) => (1 - theta) * least[k]! + theta * p)
}

function expected(probabilities: Float64Array, cost: (k: number) => number): number {
  let sum = 0
  for (let k = 0; k < probabilities.length; k++) sum += probabilities[k]! * cost(k)
  return sum
}

/** How far one may go from a cost of `least` towards `full`. */
function shareWithin(limit: number, least: number, full: number): number {
  if (full <= limit) return 1
  return least >= limit ? 0 : (limit - least) / (full - least)
}

function checkBudget(field: string, value: number | undefined, most: number): void {
  if (value === undefined || (value >= 0 && value <= most)) return
  throw new PalomaError('BUDGET_INVALID', `${field} must be in [0, ${most}], got ${value}`)
}

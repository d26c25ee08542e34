import {
  assertNever,
  epsilonGreedy,
  greedy,
  mixFloor,
  type PolicySpec,
  softmax,
  squareCb,
  thompson,
} from '@paloma/core'

/** Policies that need nothing but scores and variances, and so can plan for a table of users. */
export type BatchPolicy =
  | Extract<PolicySpec, { readonly kind: 'greedy' | 'epsilonGreedy' | 'softmax' }>
  /** A campaign ends with itself, so that there is no open horizon, and nothing grows as it goes on. */
  | { readonly kind: 'squareCb'; readonly gamma: number; readonly floor: number }
  | { readonly kind: 'thompson'; readonly floor: number; readonly sharpness: number }

/** Matrices users × actions, row-major. */
export interface ScoreMatrix {
  readonly actions: number
  readonly scores: Float64Array
  readonly variances: Float64Array
}

/** Writes the distribution of every user into `out`; each row is ≥ 0 and sums to 1. */
export function campaignDistribution(policy: BatchPolicy, matrix: ScoreMatrix, out: Float64Array): void {
  const { actions, scores, variances } = matrix
  for (let start = 0; start < scores.length; start += actions) {
    const end = start + actions
    out.set(distribution(policy, scores.subarray(start, end), variances.subarray(start, end)), start)
  }
}

function distribution(policy: BatchPolicy, scores: Float64Array, variances: Float64Array): Float64Array {
  switch (policy.kind) {
    case 'greedy':
      return mixFloor(greedy(scores), policy.floor)
    case 'epsilonGreedy':
      return epsilonGreedy(scores, policy.epsilon)
    case 'softmax':
      return mixFloor(softmax(scores, policy.temperature), policy.floor)
    case 'thompson':
      return mixFloor(thompson(scores, variances, policy.sharpness), policy.floor)
    case 'squareCb':
      return mixFloor(squareCb(scores, policy.gamma), policy.floor)
    default:
      return assertNever(policy)
  }
}

import type { BatchPolicy } from './campaign-distribution.ts'

/** At most this share of a limited channel's sends goes to exploration by the floor. */
export const FLOOR_SHARE_OF_LIMIT = 0.1

/** One limited channel: how many sends it allows and how many of the actions use it. */
export interface LimitedChannel {
  readonly limit: number
  readonly actions: number
}

/**
 * The policy with its floor lowered so far that the floor alone uses at most a tenth of every limit: users × floor ×
 * (actions on the channel / actions) ≤ limit / 10. Without this a small limit would be spent on exploration altogether.
 */
export function lowerFloor(
  policy: BatchPolicy,
  size: { readonly users: number; readonly actions: number; readonly channels: readonly LimitedChannel[] },
): BatchPolicy {
  const largest = Math.min(
    1,
    ...size.channels.map(
      ({ limit, actions }) => (FLOOR_SHARE_OF_LIMIT * limit * size.actions) / (size.users * actions),
    ),
  )
  if (policy.kind === 'epsilonGreedy') return { ...policy, epsilon: Math.min(policy.epsilon, largest) }
  return { ...policy, floor: Math.min(policy.floor, largest) }
}

import type { Action, BoundedPolicy, ExploringPolicy } from '../domain/index.ts'
import { withinBudget } from './exploration-budget.ts'
import { projectOnBounds } from './project-on-bounds.ts'

/** The total probability that a policy spreads over all actions, whatever their scores. */
export function floorOf(policy: ExploringPolicy): number {
  return policy.kind === 'epsilonGreedy' ? policy.epsilon : policy.floor
}

/**
 * `probabilities` of the inner policy, brought within its owner's budget and under the caps of channels; every action
 * keeps its floor, unless its own cap is lower. Where the caps leave no distribution (one eligible send, say) all of
 * them are raised by the same factor: somebody has to be chosen.
 */
export function bounded(
  { policy, budget, caps }: BoundedPolicy,
  { actions, scores }: { readonly actions: readonly Action[]; readonly scores: Float64Array },
  probabilities: Float64Array,
): Float64Array {
  const floor = floorOf(policy)
  const kept = budget === undefined ? probabilities : withinBudget(probabilities, { scores, floor }, budget)
  return caps === undefined ? kept : capped(kept, actions, { caps, floor })
}

function capped(
  probabilities: Float64Array,
  actions: readonly Action[],
  { caps, floor }: { readonly caps: NonNullable<BoundedPolicy['caps']>; readonly floor: number },
): Float64Array {
  const upper = Float64Array.from(actions, (action) => (action.kind === 'hold' ? 1 : (caps[action.channel] ?? 1)))
  let room = 0
  for (const cap of upper) room += cap
  if (room < 1) for (let k = 0; k < upper.length; k++) upper[k] = room === 0 ? 1 / upper.length : upper[k]! / room
  const lower = upper.map((cap) => Math.min(cap, floor / upper.length))
  return projectOnBounds(probabilities, { lower, upper })
}

import type { Action, BoundedPolicy, ExploringPolicy } from '../domain/index.ts'
import { withinBudget } from './exploration-budget.ts'
import { guaranteeTraffic } from './guarantee-traffic.ts'
import type { PolicyInput } from './policy-input.ts'
import { projectOnBounds } from './project-on-bounds.ts'

/** The total probability that a policy spreads over all actions, whatever their scores. */
export function floorOf(policy: ExploringPolicy): number {
  return policy.kind === 'epsilonGreedy' ? policy.epsilon : policy.floor
}

/**
 * `probabilities` of the inner policy, brought within its owner's budget, with the traffic that new messages are promised, and under the
 * caps of channels; every action keeps its floor, unless its own cap is lower. Where the caps leave no distribution (one eligible send, say) all of
 * them are raised by the same factor: somebody has to be chosen.
 */
export function bounded(
  { policy, budget, newMessages, caps }: BoundedPolicy,
  { actions, scores, offers }: Pick<PolicyInput, 'actions' | 'scores' | 'offers'>,
  probabilities: Float64Array,
): Float64Array {
  const floor = floorOf(policy)
  const kept = budget === undefined ? probabilities : withinBudget(probabilities, { scores, floor }, budget)
  const fresh = newMessages === undefined || offers === undefined ? null : freshOf(offers, newMessages.untilSends)
  const share = newMessages?.share ?? 0
  const guaranteed = fresh === null ? kept : guaranteeTraffic(kept, fresh, share)
  if (caps === undefined) return guaranteed
  return capped(guaranteed, actions, { caps, floor: fresh === null ? floor : (1 - share) * floor })
}

/** By action, its message where that is new; null where none is. */
function freshOf(
  { messages, sends }: NonNullable<PolicyInput['offers']>,
  untilSends: number,
): readonly (string | null)[] | null {
  const fresh = messages.map((message) => (message !== null && (sends.get(message) ?? 0) < untilSends ? message : null))
  return fresh.some((message) => message !== null) ? fresh : null
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

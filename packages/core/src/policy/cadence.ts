import { type Action, type Channel, DAY_MS, type EpochMs, HOUR_MS, type UserState } from '../domain/index.ts'
import { certain } from './certain.ts'
import type { PolicyInput } from './policy-input.ts'

/** At most `perWeek` sends in seven days, `gapHours` apart, by the first of `channels` that has an action. */
export interface CadenceRule {
  readonly perWeek: number
  readonly gapHours: number
  readonly channels: readonly Channel[]
}

/**
 * Business as usual, without learning or chance: `hold` while the user's service and marketing sends reach the rule, else
 * the first channel that has an action, there the earliest moment, then the largest claim, then the lowest opportunity id
 * and variant. Without `hold` among the actions, the first action.
 */
export function cadence(input: PolicyInput, rule: CadenceRule): Float64Array {
  const { actions } = input
  const hold = actions.findIndex(({ kind }) => kind === 'hold')
  if (hold < 0) return certain(actions.length, 0)
  const isFull = reachesRule(input.user, input.now, rule)
  const best = isFull ? -1 : bestSend(input, rule.channels)
  return certain(actions.length, best < 0 ? hold : best)
}

function reachesRule({ history }: UserState, now: EpochMs, rule: CadenceRule): boolean {
  const counted = history.sends.filter(({ category }) => category !== 'transactional')
  const lastWeek = counted.filter(({ at }) => at > now - 7 * DAY_MS)
  return lastWeek.length >= rule.perWeek || counted.some(({ at }) => at > now - rule.gapHours * HOUR_MS)
}

/** Index of the send that business as usual makes, or −1 when none of its channels has one. */
function bestSend({ actions, claimed }: PolicyInput, channels: readonly Channel[]): number {
  let best = -1
  for (let i = 0; i < actions.length; i++) {
    const action = actions[i]!
    if (action.kind === 'hold' || !channels.includes(action.channel)) continue
    const rival = actions[best]
    if (rival === undefined || rival.kind === 'hold') best = i
    else if (compareSends(action, rival, { channels, claims: claimed[i]! - claimed[best]! }) < 0) best = i
  }
  return best
}

type SendAction = Extract<Action, { readonly kind: 'send' }>

/** Negative when `a` comes first; `claims` is by how much more `a` is claimed to be worth. */
function compareSends(
  a: SendAction,
  b: SendAction,
  { channels, claims }: { readonly channels: readonly Channel[]; readonly claims: number },
): number {
  return (
    channels.indexOf(a.channel) - channels.indexOf(b.channel) ||
    a.sendAt - b.sendAt ||
    -claims ||
    compareText(a.opportunityId, b.opportunityId) ||
    compareText(a.variant, b.variant)
  )
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

import { type Action, type Channel, DAY_MS, type EpochMs, HOUR_MS, localTime, type UserState } from '../domain/index.ts'
import { certain } from './certain.ts'
import type { PolicyInput } from './policy-input.ts'

/** At most `perWeek` sends in seven days, `gapHours` apart, by the first of `channels` that has an action. */
export interface CadenceRule {
  readonly perWeek: number
  readonly gapHours: number
  readonly channels: readonly Channel[]
  /** The usual local hour of sending, in [0, 24); without one the earliest moment is taken. */
  readonly localHour?: number
}

/**
 * Business as usual, without learning or chance: `hold` while the user's service and marketing sends reach the rule, else
 * the first channel that has an action, there the moment nearest to the usual hour (or the earliest), then the largest claim, then the lowest opportunity id
 * and variant. Without `hold` among the actions, the first action.
 */
export function cadence(input: PolicyInput, rule: CadenceRule): Float64Array {
  const { actions } = input
  const hold = actions.findIndex(({ kind }) => kind === 'hold')
  if (hold < 0) return certain(actions.length, 0)
  const isFull = reachesRule(input.user, input.now, rule)
  const best = isFull ? -1 : bestSend(input, rule)
  return certain(actions.length, best < 0 ? hold : best)
}

function reachesRule({ history }: UserState, now: EpochMs, rule: CadenceRule): boolean {
  const counted = history.sends.filter(({ category }) => category !== 'transactional')
  const lastWeek = counted.filter(({ at }) => at > now - 7 * DAY_MS)
  return lastWeek.length >= rule.perWeek || counted.some(({ at }) => at > now - rule.gapHours * HOUR_MS)
}

/** Index of the send that business as usual makes, or −1 when none of its channels has one. */
function bestSend({ actions, claimed, zone }: PolicyInput, rule: CadenceRule): number {
  let best = -1
  for (let i = 0; i < actions.length; i++) {
    const action = actions[i]!
    if (action.kind === 'hold' || !rule.channels.includes(action.channel)) continue
    const rival = actions[best]
    if (rival === undefined || rival.kind === 'hold') best = i
    else if (compareSends(action, rival, { rule, zone, claims: claimed[i]! - claimed[best]! }) < 0) best = i
  }
  return best
}

type SendAction = Extract<Action, { readonly kind: 'send' }>

/** Negative when `a` comes first; `claims` is by how much more `a` is claimed to be worth. */
function compareSends(
  a: SendAction,
  b: SendAction,
  { rule, zone, claims }: { readonly rule: CadenceRule; readonly zone: string; readonly claims: number },
): number {
  return (
    rule.channels.indexOf(a.channel) - rule.channels.indexOf(b.channel) ||
    hoursOff(a.sendAt, rule.localHour, zone) - hoursOff(b.sendAt, rule.localHour, zone) ||
    a.sendAt - b.sendAt ||
    -claims ||
    compareText(a.opportunityId, b.opportunityId) ||
    compareText(a.variant, b.variant)
  )
}

/** How far a moment is from the usual hour on the user's clock, 0 to 12; 0 where there is no usual hour. */
function hoursOff(at: EpochMs, usualHour: number | undefined, zone: string): number {
  if (usualHour === undefined) return 0
  const apart = Math.abs(localTime(zone, at).minuteOfDay / 60 - usualHour)
  return Math.min(apart, 24 - apart)
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

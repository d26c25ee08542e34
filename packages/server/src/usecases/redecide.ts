import { createHash } from 'node:crypto'
import { type DecisionId, type Opportunity, decisionId as toDecisionId } from '@paloma/core'
import type { NewDecision, Send, Store } from '../store/contract.ts'
import { attemptDecision, newDecision } from './attempt-decision.ts'
import type { ItemResult } from './contract.ts'
import type { Deps } from './deps.ts'

/** Longest id of a decision, in UTF-16 units, as the API takes it. */
const MAX_ID = 256

/** The id of the decision that a planned send ends in: its own and `:due`, or a digest where that would be too long. */
export function dueDecisionId(id: DecisionId): DecisionId {
  const due = `${id}:due`
  if (due.length <= MAX_ID) return toDecisionId(due)
  return toDecisionId(`${createHash('sha256').update(due).digest('hex')}:due`)
}

/**
 * Decides planned sends again whose moment has come, and answers how many. Each plan ends here: in a decision, or called
 * off with the reason why there can be none.
 */
export async function redecideDue(
  deps: Deps,
  write: (items: readonly NewDecision[]) => Promise<readonly ItemResult<unknown>[]>,
  limit: number,
): Promise<number> {
  const { store, clock } = deps
  const now = clock.now()
  const due = await store.sends.duePlanned(now, limit)
  if (due.length === 0) return 0
  const made = await decideDue(deps, due)
  const written = (await write(made.flatMap((each) => (each.ok ? [each.item] : [])))).values()
  const ended = due.flatMap(({ sendId }, i) => {
    const each = made[i]!
    if (!each.ok) return [{ sendId, reason: each.reason }]
    const result = written.next().value!
    return result.ok ? [] : [{ sendId, reason: result.error.detail }]
  })
  if (ended.length > 0) await store.sends.callOff(ended, now)
  return due.length
}

type Redecided = { readonly ok: true; readonly item: NewDecision } | { readonly ok: false; readonly reason: string }

async function decideDue({ store, clock, snapshots }: Deps, due: readonly Send[]): Promise<readonly Redecided[]> {
  const now = clock.now()
  const ids = [...new Set(due.map(({ userId }) => userId))]
  const users = await store.users.loadStates(ids, now)
  const open = await store.opportunities.openFor([...users.keys()], now)
  const planned = await store.opportunities.get(due.map(({ opportunityId }) => opportunityId))
  return due.map((send): Redecided => {
    const user = users.get(send.userId)
    if (user === undefined) return { ok: false, reason: `user ${send.userId} is gone` }
    const decisionId = dueDecisionId(send.decisionId)
    const opportunities = withOwn(open.get(send.userId) ?? [], planned.get(send.opportunityId))
    const request = { decisionId, user, opportunities, context: {}, trigger: 'planned' as const }
    const made = attemptDecision(snapshots.currentFor(user.profile, now), request, now)
    if (!made.ok) return { ok: false, reason: made.error.detail }
    const rest = { fingerprint: `planned:${send.sendId}`, deliver: true, plannedSendId: send.sendId }
    return { ok: true, item: newDecision(store, made.decision, rest) }
  })
}

type Found = Awaited<ReturnType<Store['opportunities']['get']>> extends ReadonlyMap<infer _, infer V> ? V : never

/** The plan's own opportunity is taken by the plan itself and stands beside the open ones. */
function withOwn(open: readonly Opportunity[], own: Found | undefined): readonly Opportunity[] {
  return own === undefined || own.status !== 'taken' ? open : [...open, own.opportunity]
}

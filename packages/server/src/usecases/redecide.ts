import { createHash } from 'node:crypto'
import { type DecisionId, decide, type Opportunity, decisionId as toDecisionId } from '@paloma/core'
import type { NewDecision, Send, Store } from '../store/contract.ts'
import type { ItemResult } from './contract.ts'
import type { Deps } from './deps.ts'
import { drawFor } from './past-decisions.ts'

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
  const written = (await write(made.filter((item) => item !== undefined))).values()
  const ended = due.flatMap(({ sendId, userId }, i) => {
    if (made[i] === undefined) return [{ sendId, reason: `user ${userId} is gone` }]
    const result = written.next().value!
    return result.ok ? [] : [{ sendId, reason: result.error.detail }]
  })
  if (ended.length > 0) await store.sends.callOff(ended, now)
  return due.length
}

async function decideDue(
  { store, clock, snapshots }: Deps,
  due: readonly Send[],
): Promise<readonly (NewDecision | undefined)[]> {
  const now = clock.now()
  const ids = [...new Set(due.map(({ userId }) => userId))]
  const users = await store.users.loadStates(ids, now)
  const open = await store.opportunities.openFor([...users.keys()], now)
  const planned = await store.opportunities.get(due.map(({ opportunityId }) => opportunityId))
  const snapshot = snapshots.current()
  return due.map((send): NewDecision | undefined => {
    const user = users.get(send.userId)
    if (user === undefined) return undefined
    const decisionId = dueDecisionId(send.decisionId)
    const opportunities = withOwn(open.get(send.userId) ?? [], planned.get(send.opportunityId))
    const request = { decisionId, user, opportunities, context: {}, trigger: 'planned' as const }
    const decision = decide(snapshot, request, { now, random: drawFor(decisionId, snapshot) })
    return { decision, fingerprint: `planned:${send.sendId}`, deliver: true, plannedSendId: send.sendId }
  })
}

type Found = Awaited<ReturnType<Store['opportunities']['get']>> extends ReadonlyMap<infer _, infer V> ? V : never

/** The plan's own opportunity is taken by the plan itself and stands beside the open ones. */
function withOwn(open: readonly Opportunity[], own: Found | undefined): readonly Opportunity[] {
  return own === undefined || own.status !== 'taken' ? open : [...open, own.opportunity]
}

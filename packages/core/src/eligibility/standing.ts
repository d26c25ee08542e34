import type { EpochMs, Opportunity, OpportunityId, PastSend, Refusal } from '../domain/index.ts'
import { NO_REFUSALS } from './channel-refusals.ts'

const EXPIRED: Refusal = { reason: 'expired' }
const SUPERSEDED: Refusal = { reason: 'superseded' }
const DUPLICATE: Refusal = { reason: 'duplicate' }
const ALREADY_SENT: Refusal = { reason: 'already-sent' }
const GROUP_EXCLUSIVE: Refusal = { reason: 'group-exclusive' }

/** What the open opportunities of one user do to each other. */
export interface Rivalry {
  readonly superseded: ReadonlySet<OpportunityId>
  /** The newest per `dedupeKey`. */
  readonly newest: ReadonlyMap<string, Opportunity>
}

const NO_RIVALRY: Rivalry = { superseded: new Set(), newest: new Map() }

/** Who supersedes whom, and which of those that share a `dedupeKey` is the newest (by window start, then id). */
export function rivalryOf(opportunities: readonly Opportunity[]): Rivalry {
  if (!opportunities.some(({ supersedes, dedupeKey }) => supersedes !== undefined || dedupeKey !== undefined)) {
    return NO_RIVALRY
  }
  const superseded = new Set<OpportunityId>()
  const newest = new Map<string, Opportunity>()
  for (const opportunity of opportunities) {
    const { id, supersedes, dedupeKey } = opportunity
    if (supersedes !== undefined && supersedes !== id) superseded.add(supersedes)
    if (dedupeKey === undefined) continue
    const best = newest.get(dedupeKey)
    if (best === undefined || isNewer(opportunity, best)) newest.set(dedupeKey, opportunity)
  }
  return { superseded, newest }
}

/** Why an opportunity as a whole no longer stands, whatever the channel. */
export function standingRefusals(
  opportunity: Opportunity,
  rivalry: Rivalry,
  { sends, now }: { readonly sends: readonly PastSend[]; readonly now: EpochMs },
): readonly Refusal[] {
  const { id, dedupeKey, groupKey, window } = opportunity
  const sent = historyRefusals({ opportunityId: id, groupKey: groupKey ?? null }, sends)
  const isExpired = now >= window.expires
  const isSuperseded = rivalry.superseded.size > 0 && rivalry.superseded.has(id)
  const isDuplicate = dedupeKey !== undefined && rivalry.newest.get(dedupeKey)?.id !== id
  if (!isExpired && !isSuperseded && !isDuplicate) return sent
  const found = [...sent]
  if (isExpired) found.push(EXPIRED)
  if (isSuperseded) found.push(SUPERSEDED)
  if (isDuplicate) found.push(DUPLICATE)
  return found
}

/** Whether this opportunity was sent before, or another one of its group. */
export function historyRefusals(
  item: { readonly opportunityId: string; readonly groupKey: string | null },
  sends: readonly PastSend[],
): readonly Refusal[] {
  const { opportunityId, groupKey } = item
  let isSent = false
  let isGroupSent = false
  for (const send of sends) {
    if (send.opportunityId === opportunityId) isSent = true
    else if (groupKey !== null && send.groupKey === groupKey) isGroupSent = true
  }
  if (!isSent && !isGroupSent) return NO_REFUSALS
  const found: Refusal[] = []
  if (isSent) found.push(ALREADY_SENT)
  if (isGroupSent) found.push(GROUP_EXCLUSIVE)
  return found
}

function isNewer(a: Opportunity, b: Opportunity): boolean {
  if (a.window.notBefore !== b.window.notBefore) return a.window.notBefore > b.window.notBefore
  return a.id > b.id
}

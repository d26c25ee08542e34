import type { EpochMs, UserId } from '@paloma/core'
import type { Store } from '../store/contract.ts'
import type { TimelineEntry } from './contract.ts'
import { withStatusAt } from './opportunity-status.ts'

interface Page {
  /** Exclusive. */
  readonly before?: EpochMs
  readonly limit: number
}

/**
 * What happened between us and a user, newest first, at least `limit` entries where there are as many: those of one
 * moment are never split, so that the last entry's time is where the next page begins. Entries of one moment keep the
 * order outcome, send, decision, opportunity: what follows first.
 */
export async function timelineOf(
  store: Store,
  id: UserId,
  { before, limit, now }: Page & { readonly now: EpochMs },
): Promise<readonly TimelineEntry[]> {
  for (let wanted = limit; ; wanted *= 2) {
    const page = before === undefined ? { limit: wanted } : { before, limit: wanted }
    const kinds = await entriesByKind(store, id, { ...page, now })
    const entries = kinds.flat().sort((a, b) => b.at - a.at)
    const last = entries[limit - 1]
    if (last === undefined) return entries
    // A kind of which we got all we asked for may have more of the last moment it reaches.
    const isWhole = kinds.every((kind) => kind.length < wanted || kind[kind.length - 1]!.at < last.at)
    if (isWhole) return entries.filter(({ at }) => at >= last.at)
  }
}

async function entriesByKind(
  store: Store,
  id: UserId,
  { now, ...page }: Page & { readonly now: EpochMs },
): Promise<readonly (readonly TimelineEntry[])[]> {
  const [outcomes, sends, decisions, opportunities] = await Promise.all([
    store.outcomes.listByUser(id, page),
    store.sends.listByUser(id, page),
    store.decisions.listByUser(id, page),
    store.opportunities.listByUser(id, page),
  ])
  return [
    outcomes.map((outcome) => ({ kind: 'outcome' as const, at: outcome.at, outcome })),
    sends.map((send) => ({ kind: 'send' as const, at: send.updatedAt, send })),
    decisions.map((decision) => ({ kind: 'decision' as const, at: decision.at, decision })),
    opportunities.map(({ proposedAt, ...found }) => ({
      kind: 'opportunity' as const,
      at: proposedAt,
      ...withStatusAt(found, now),
    })),
  ]
}

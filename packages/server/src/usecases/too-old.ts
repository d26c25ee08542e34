import { type EpochMs, HISTORY_MS, type Outcome } from '@paloma/core'
import type { Config } from '../config/contract.ts'
import type { IncomingEvent, ItemError } from './contract.ts'
import type { Deps } from './deps.ts'
import { keptSince } from './kept-since.ts'
import { saidTime } from './outcome-of.ts'
import { isReturn } from './reach-changes.ts'

/**
 * Whether an event happened before what the store keeps, by its sender's clock or as corrected. It may have been there, and
 * be gone: nobody can tell whether it is the same one again, so that it counts for nothing.
 */
export type TooOld = (event: IncomingEvent) => boolean

/** No store keeps fewer days than caps and features look back, so that most events need no look. */
export async function tooOldIn(
  { store }: Pick<Deps, 'store'>,
  events: readonly IncomingEvent[],
  receivedAt: EpochMs,
): Promise<TooOld> {
  const isYoung = events.every((event) => saidTime(event, receivedAt) >= receivedAt - HISTORY_MS)
  const since = isYoung ? 0 : await keptSince(store.registry)
  return (event) => saidTime(event, receivedAt) < since
}

/** What an old event says of reach is heard as ever: no opt-out and no bounce is too old. */
export function isWordOfReach({ events }: Pick<Config, 'events'>, outcome: Outcome): boolean {
  return outcome.reachLoss !== null || isReturn(events, outcome)
}

export function ageFault(
  { retention }: Pick<Config, 'retention'>,
  event: IncomingEvent,
  receivedAt: EpochMs,
): ItemError {
  const at = new Date(saidTime(event, receivedAt)).toISOString()
  const rule = retention.storeDays === null ? '' : ` of ${retention.storeDays} days`
  const detail = `/timestamp: expected a moment within what the store keeps${rule}, got ${at}: what happened before was deleted and counts no more`
  return { code: 'EVENT_TOO_OLD', detail, pointer: '/timestamp' }
}

import { DAY_MS, type EpochMs } from '@paloma/core'
import type { Config } from '../config/contract.ts'
import type { Store } from '../store/contract.ts'

type Registry = Pick<Store['registry'], 'getSetting'>

/**
 * Midnights, UTC, from which on days are whole: in the store, and in the exported history. They are written before anything
 * is deleted, so that nobody takes a day for whole that a deletion has begun with.
 */
export const KEPT_SINCE = 'kept-since'
export const EXPORTED_SINCE = 'exported-since'

/** From when on the store has every day whole; 0 where nothing was ever deleted for its age. */
export async function keptSince(registry: Registry): Promise<EpochMs> {
  return Number((await registry.getSetting(KEPT_SINCE)) ?? 0)
}

/** The same of the exported history. */
export async function exportedSince(registry: Registry): Promise<EpochMs> {
  return Number((await registry.getSetting(EXPORTED_SINCE)) ?? 0)
}

/** The UTC day (YYYY-MM-DD) of a moment. */
export function dayOf(at: EpochMs): string {
  return new Date(at).toISOString().slice(0, 10)
}

/** Midnight before a moment, UTC. */
export function midnightOf(at: EpochMs): EpochMs {
  return Math.floor(at / DAY_MS) * DAY_MS
}

/** For messages about what may have been deleted: `, or was deleted: the store keeps …`; nothing where all is kept. */
export function orDeleted({ storeDays }: Config['retention'], since: EpochMs): string {
  if (since === 0) return ''
  const rule = storeDays === null ? '' : ` (${storeDays} days)`
  return `, or it was deleted for its age: the store keeps what happened since ${dayOf(since)}${rule}`
}

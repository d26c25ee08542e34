import { type EpochMs, hash53 } from '@paloma/core'
import type { DispatchResult, Send } from '../store/contract.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS

/** Pauses after the first, second, … time a provider took nothing; after the last the send fails. About eight hours. */
export const RETRY_PAUSES_MS: readonly number[] = [
  30 * SECOND_MS,
  ...[2, 10, 30, 60, 120, 240].map((m) => m * MINUTE_MS),
]
/** Pauses differ by up to this share, so that what failed together does not come back together. */
const SPREAD = 0.2

/**
 * What becomes of a send that its provider did not take although it may take it later: nothing went out, so it may be
 * tried again, as long as pauses are left and its window has not ended by then.
 */
export function retryOrFail(
  { sendId, attempts }: Pick<Send, 'sendId' | 'attempts'>,
  { reason, now, expires }: { readonly reason: string; readonly now: EpochMs; readonly expires: EpochMs },
): DispatchResult {
  const pause = RETRY_PAUSES_MS[attempts]
  if (pause === undefined) return { kind: 'failed', error: `given up after ${attempts + 1} attempts: ${reason}` }
  const until = now + Math.round(pause * (1 + SPREAD * hash53(sendId, String(attempts))))
  return until < expires
    ? { kind: 'retry', error: reason, until }
    : { kind: 'failed', error: `its window ends before the next attempt: ${reason}` }
}

import { setTimeout as wait } from 'node:timers/promises'
import { PalomaError, type UserId } from '@paloma/core'
import type { Store } from '../store/contract.ts'

/** How long a withdrawal of consent waits for messages that are already with a provider. */
const PATIENCE_MS = 30_000
const POLL_MS = 20

/**
 * Resolves when no send of the user is dispatching: only then may an opt-out be acknowledged. Rejects with
 * SENDS_IN_FLIGHT_TIMEOUT after half a minute; what was withdrawn is stored by then.
 */
export async function awaitNothingInFlight(
  store: Pick<Store, 'sends'>,
  userId: UserId,
  pause: (ms: number) => Promise<unknown> = wait,
): Promise<void> {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += POLL_MS) {
    if ((await store.sends.inFlight(userId)) === 0) return
    await pause(POLL_MS)
  }
  const detail = `a message to user ${userId} is still with its provider after ${PATIENCE_MS} ms`
  throw new PalomaError('SENDS_IN_FLIGHT_TIMEOUT', detail, {
    hint: 'the withdrawal is stored; ask again to have it acknowledged',
  })
}

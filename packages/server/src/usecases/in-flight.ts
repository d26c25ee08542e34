import { setTimeout as pause } from 'node:timers/promises'
import { PalomaError, type UserId } from '@paloma/core'
import type { Store } from '../store/contract.ts'

/** How long a withdrawal of consent waits for messages that are already with a provider. */
const PATIENCE_MS = 30_000
const POLL_MS = 20

/** Resolves when no send of the user is dispatching: only then may an opt-out be acknowledged. */
export async function awaitNothingInFlight(store: Store, userId: UserId): Promise<void> {
  for (let waited = 0; waited < PATIENCE_MS; waited += POLL_MS) {
    if ((await store.sends.inFlight(userId)) === 0) return
    await pause(POLL_MS)
  }
  throw new PalomaError('IN_FLIGHT', `a message to user ${userId} is still with its provider after ${PATIENCE_MS} ms`, {
    hint: 'the withdrawal is stored; ask again to have it acknowledged',
  })
}

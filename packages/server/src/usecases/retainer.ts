import { setTimeout as wait } from 'node:timers/promises'
import type { EpochMs } from '@paloma/core'
import type { Deps } from './deps.ts'
import type { DueWork } from './due-work.ts'
import type { Notes } from './notes.ts'
import { retentionSteps } from './retention.ts'
import { stepThrough } from './step-through.ts'

/** After each step others have the store for so many times as long: deleting takes a fifth of the time at the most. */
const REST_SHARE = 4
/** Whoever stops the server waits for no more. */
const LONGEST_REST_MS = 1_000

/** Goes on with a deletion, step by step, and begins the next one when it is through. Where the clock is virtual nobody waits in between. */
export function retainer(
  deps: Deps,
  { notes, wallClock }: { readonly notes: Notes; readonly wallClock: () => EpochMs },
): DueWork['retain'] {
  const { clock, pause = wait } = deps
  const step = stepThrough(() => retentionSteps(deps, notes))
  return async (most = Infinity) => {
    let total = 0
    for (let taken = 0; taken < most; taken += 1) {
      const startedAt = wallClock()
      const done = await step()
      if (done === 0) break
      total += done
      if (!clock.isVirtual) await pause(Math.min(REST_SHARE * (wallClock() - startedAt), LONGEST_REST_MS))
    }
    return total
  }
}

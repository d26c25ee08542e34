import { setTimeout as wait } from 'node:timers/promises'
import { PalomaError, userId as toUserId, type UserId } from '@paloma/core'
import { SENDS_IN_FLIGHT } from '../store/contract.ts'
import type { Deps } from './deps.ts'
import { EXPORTER } from './history.ts'
import { awaitNothingInFlight } from './in-flight.ts'
import { SHARED_LIFE_MS } from './user-state-cache.ts'

/** Erasures that have begun: what is left of one after a crash is done at the next start. */
const ERASING = 'erasing:'

type ErasureDeps = Pick<Deps, 'store' | 'history' | 'clock' | 'pause'>

/** The history is gone through once for all of them. */
const ERASED_TOGETHER = 100

/** How often messages may be let go to a user between two looks; each of them was reserved before. */
const MAX_LOOKS = 100

/**
 * Forgets a user in the store and in the exported history, under all his ids. Answers how many rows went. Asking again
 * is harmless; an erasure that was cut short goes on with the next start or call. Where several servers share a store, it is
 * done when none remembers the user any more, and the one that exports does the history's part, within a minute: one process writes a history.
 */
export async function eraseUser(deps: ErasureDeps, named: UserId): Promise<{ readonly rows: number }> {
  const { store, history, pause = wait } = deps
  const id = (await store.users.resolveAliases([named])).get(named) ?? named
  const noted = await store.registry.getSetting(ERASING + id)
  const aliases = noted === undefined ? await store.users.aliasesOf(id) : (JSON.parse(noted) as readonly string[])
  await store.registry.setSetting(ERASING + id, JSON.stringify(aliases))
  let { rows } = await eraseInStore(deps, id)
  if (store.traits.isShared) {
    // So long another server may show what it remembers of the user, or write about him as if he were there.
    await pause(SHARED_LIFE_MS)
    rows += (await eraseInStore(deps, id)).rows
  }
  await store.users.settle([id, ...aliases.map((alias) => toUserId(alias))])
  if (!(await store.lead(EXPORTER))) return { rows }
  for (const each of [id, ...aliases]) rows += (await history.erase(each)).rows
  await store.registry.deleteSetting(ERASING + id)
  return { rows }
}

async function eraseInStore({ store, clock, pause }: ErasureDeps, id: UserId): Promise<{ readonly rows: number }> {
  for (let look = 1; ; look += 1) {
    await awaitNothingInFlight(store, id, pause)
    try {
      return await store.users.erase(id, clock.now())
    } catch (error) {
      if (!(error instanceof PalomaError && error.code === SENDS_IN_FLIGHT) || look >= MAX_LOOKS) throw error
    }
  }
}

/** Ends the erasures that a crash cut short or another server left to the exporter; answers how many. */
export async function resumeErasures(deps: ErasureDeps): Promise<number> {
  if (!(await deps.store.lead(EXPORTER))) return 0
  const begun = await deps.store.registry.listSettings(ERASING)
  for (let from = 0; from < begun.length; from += ERASED_TOGETHER) {
    const some = begun.slice(from, from + ERASED_TOGETHER)
    const ended = await Promise.allSettled(
      some.map(({ name }) => eraseUser(deps, name.slice(ERASING.length) as UserId)),
    )
    for (const each of ended) if (each.status === 'rejected') throw each.reason
  }
  return begun.length
}

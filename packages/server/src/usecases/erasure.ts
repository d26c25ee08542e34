import type { UserId } from '@paloma/core'
import type { Deps } from './deps.ts'
import { EXPORTER } from './history.ts'
import { awaitNothingInFlight } from './in-flight.ts'

/** Erasures that have begun: what is left of one after a crash is done at the next start. */
const ERASING = 'erasing:'

type ErasureDeps = Pick<Deps, 'store' | 'history' | 'clock'>

/**
 * Forgets a user in the store and in the exported history, under all his ids. Answers how many rows went. Asking again
 * is harmless; an erasure that was cut short goes on with the next start or call. Where several servers share a store,
 * the one that exports does the history's part, within a minute: one process writes a history.
 */
export async function eraseUser(deps: ErasureDeps, named: UserId): Promise<{ readonly rows: number }> {
  const { store, history, clock } = deps
  const id = (await store.users.resolveAliases([named])).get(named) ?? named
  const noted = await store.registry.getSetting(ERASING + id)
  const aliases = noted === undefined ? await store.users.aliasesOf(id) : (JSON.parse(noted) as readonly string[])
  await store.registry.setSetting(ERASING + id, JSON.stringify(aliases))
  await awaitNothingInFlight(store, id)
  let { rows } = await store.users.erase(id, clock.now())
  if (!(await store.lead(EXPORTER))) return { rows }
  for (const each of [id, ...aliases]) rows += (await history.erase(each)).rows
  await store.registry.deleteSetting(ERASING + id)
  return { rows }
}

/** Ends the erasures that a crash cut short or another server left to the exporter; answers how many. */
export async function resumeErasures(deps: ErasureDeps): Promise<number> {
  if (!(await deps.store.lead(EXPORTER))) return 0
  const begun = await deps.store.registry.listSettings(ERASING)
  for (const { name } of begun) await eraseUser(deps, name.slice(ERASING.length) as UserId)
  return begun.length
}

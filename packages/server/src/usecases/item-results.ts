import { PalomaError, type UserId } from '@paloma/core'
import { RowsRefused } from '../store/contract.ts'
import type { ItemError, ItemResult } from './contract.ts'
import type { Deps } from './deps.ts'
import { awaitNothingInFlight } from './in-flight.ts'

/** One item of a list that was written: what the store said, or why it would not have it. */
export type Written<R> =
  | { readonly kind: 'written'; readonly result: R }
  | { readonly kind: 'refused'; readonly error: ItemError }

/** Writes a list whose bad rows the store names, so that they fail alone. */
export async function writeEach<T, R>(
  items: readonly T[],
  write: (items: readonly T[]) => Promise<readonly R[]>,
): Promise<readonly Written<R>[]> {
  const done = (result: R): Written<R> => ({ kind: 'written', result })
  try {
    return (await write(items)).map(done)
  } catch (error) {
    if (!(error instanceof RowsRefused)) throw error
    const reasons = new Map(error.refused.map(({ index, reason }) => [index, reason]))
    const others: readonly R[] = error.others
    let next = 0
    return items.map((_, i): Written<R> => {
      const reason = reasons.get(i)
      return reason === undefined ? done(others[next++]!) : { kind: 'refused', error: refusedRow(reason) }
    })
  }
}

function refusedRow(reason: string): ItemError {
  return { code: 'ROW_REFUSED', detail: `the store refuses this item: ${reason}`, pointer: '' }
}

/** Runs the items without a fault together; answers one result per item, in order. */
export async function besideFaults<T, V>(
  items: readonly T[],
  faultOf: (item: T) => ItemError | undefined,
  run: (sound: readonly T[]) => Promise<readonly ItemResult<V>[]>,
): Promise<readonly ItemResult<V>[]> {
  const faults = items.map(faultOf)
  const done = await run(items.filter((_, i) => faults[i] === undefined))
  let next = 0
  return faults.map((error): ItemResult<V> => (error === undefined ? done[next++]! : { ok: false, error }))
}

/** Waits for what is with a provider, user by user; answers whose wait was in vain. */
export async function awaitEachInFlight(
  { store, pause }: Pick<Deps, 'store' | 'pause'>,
  ids: Iterable<UserId>,
): Promise<ReadonlyMap<UserId, ItemError>> {
  const failed = new Map<UserId, ItemError>()
  const waitFor = async (id: UserId): Promise<void> => {
    try {
      await awaitNothingInFlight(store, id, pause)
    } catch (error) {
      if (!(error instanceof PalomaError)) throw error
      const { code, message: detail, hint } = error
      failed.set(id, hint === undefined ? { code, detail } : { code, detail, hint })
    }
  }
  await Promise.all([...new Set(ids)].map(waitFor))
  return failed
}

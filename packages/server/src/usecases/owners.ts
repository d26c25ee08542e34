import { PalomaError, type UserId } from '@paloma/core'
import { type Store, USER_MOVED } from '../store/contract.ts'

/** How often users may be merged while one write looks for their owners. */
const MAX_MOVES = 20

/** Who each id stands for: himself, or whom he became an alias of. */
export async function ownersOf(
  { users }: Pick<Store, 'users'>,
  ids: readonly UserId[],
): Promise<(id: UserId) => UserId> {
  const aliases = await users.resolveAliases([...new Set(ids)])
  return (id) => aliases.get(id) ?? id
}

/**
 * Writes under the ids that the given ones stand for. Where one becomes an alias between the look and the write, the store
 * refuses the whole (USER_MOVED), and owners are looked up again.
 */
export async function writeAsOwners<T>(
  store: Pick<Store, 'users'>,
  ids: readonly UserId[],
  write: (ownerOf: (id: UserId) => UserId) => Promise<T>,
): Promise<T> {
  for (let moves = 0; ; moves += 1) {
    try {
      return await write(await ownersOf(store, ids))
    } catch (error) {
      if (!(error instanceof PalomaError && error.code === USER_MOVED) || moves >= MAX_MOVES) throw error
    }
  }
}

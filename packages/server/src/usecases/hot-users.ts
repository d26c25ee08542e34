import type { EpochMs, UserId } from '@paloma/core'
import type { HotUser } from './hot-user.ts'

export interface HotUsersOptions {
  /** Users kept; beyond it the one asked for longest ago is forgotten. */
  readonly maxUsers: number
  /** How long what was loaded is believed, in milliseconds; null for as long as it is kept. */
  readonly lifeMs: number | null
  readonly wallClock: () => EpochMs
}

/** Users in memory. Loads and writes pass through it, so that nothing stale is ever put in. */
export interface HotUsers {
  count(): number
  find(id: UserId): HotUser | undefined
  /** Loads users and remembers what `learn` makes of them, those aside that were written to in the meantime. */
  load<T>(
    ids: readonly UserId[],
    task: () => Promise<T>,
    learn: (result: T, id: UserId, known: HotUser | undefined) => HotUser | undefined,
  ): Promise<T>
  /** Writes to users and changes what is remembered of them; forgets it if the write fails or meets another. */
  write<T>(
    ids: Iterable<UserId>,
    task: (alsoWrites: (id: UserId) => void) => Promise<T>,
    change: (result: T, id: UserId, known: HotUser) => HotUser,
  ): Promise<T>
}

interface Entry {
  readonly hot: HotUser
  readonly loadedAt: EpochMs
}

interface Writers {
  readonly count: number
  /** Two writes overlapped: which came last is not known. */
  readonly isContested: boolean
}

/** Forgets a user: for writes whose effect on him is not worth working out. */
export function forgotten(): HotUser {
  return {}
}

/** What is remembered of users, the one asked for longest ago first; nothing in it is older than its life. */
interface Shelf {
  size(): number
  fresh(id: UserId): Entry | undefined
  put(id: UserId, entry: Entry): void
  forget(id: UserId): void
}

function createShelf({ maxUsers, lifeMs, wallClock }: HotUsersOptions): Shelf {
  const entries = new Map<UserId, Entry>()
  return {
    size: () => entries.size,
    fresh(id) {
      const entry = entries.get(id)
      if (entry === undefined || lifeMs === null || wallClock() - entry.loadedAt < lifeMs) return entry
      entries.delete(id)
      return undefined
    },
    put(id, entry) {
      entries.delete(id)
      if (entry.hot.state === undefined && entry.hot.open === undefined) return
      entries.set(id, entry)
      if (entries.size > maxUsers) entries.delete(entries.keys().next().value!)
    },
    forget: (id) => void entries.delete(id),
  }
}

export function hotUsers(options: HotUsersOptions): HotUsers {
  const { wallClock } = options
  const shelf = createShelf(options)
  const writers = new Map<UserId, Writers>()
  /** Per load under way: users of it that were written to since it began. */
  const loads = new Set<Set<UserId>>()

  const begin = (id: UserId): void => {
    const others = writers.get(id)?.count ?? 0
    writers.set(id, { count: others + 1, isContested: others > 0 })
    for (const written of loads) written.add(id)
  }

  const end = (id: UserId, change: ((known: HotUser) => HotUser) | null): void => {
    const { count, isContested } = writers.get(id)!
    if (count === 1) writers.delete(id)
    else writers.set(id, { count: count - 1, isContested: true })
    for (const written of loads) written.add(id)
    const entry = shelf.fresh(id)
    if (entry === undefined) return
    if (isContested || change === null) shelf.forget(id)
    else shelf.put(id, { ...entry, hot: change(entry.hot) })
  }

  return {
    count: () => shelf.size(),
    find(id) {
      const entry = shelf.fresh(id)
      if (entry !== undefined) shelf.put(id, entry)
      return entry?.hot
    },
    async load(ids, task, learn) {
      const written = new Set(ids.filter((id) => writers.has(id)))
      const loadedAt = wallClock()
      loads.add(written)
      try {
        const result = await task()
        for (const id of ids) {
          const known = shelf.fresh(id)
          const hot = written.has(id) ? undefined : learn(result, id, known?.hot)
          if (hot !== undefined) shelf.put(id, { hot, loadedAt: Math.min(loadedAt, known?.loadedAt ?? loadedAt) })
        }
        return result
      } finally {
        loads.delete(written)
      }
    },
    async write(given, task, change) {
      const ids = new Set<UserId>()
      const join = (id: UserId): void => {
        if (ids.has(id)) return
        ids.add(id)
        begin(id)
      }
      for (const id of given) join(id)
      let result: { readonly value: Awaited<ReturnType<typeof task>> } | undefined
      try {
        result = { value: await task(join) }
        return result.value
      } finally {
        const done = result
        for (const id of ids) end(id, done === undefined ? null : (known) => change(done.value, id, known))
      }
    },
  }
}

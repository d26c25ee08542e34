import type { EpochMs, Opportunity, UserId } from '@paloma/core'
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
  /** The open opportunities a user had when they were last loaded, however long ago: not to be answered, but to be known again. */
  seen(id: UserId): readonly Opportunity[]
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
  readonly seen: readonly Opportunity[]
}

/** Where others write too, nobody is kept for so long whom nobody asks for: he may have been erased there. */
const QUIET_MS = 10 * 60_000

const NOTHING_SEEN: readonly Opportunity[] = []

interface Writers {
  readonly count: number
  /** Two writes overlapped: which came last is not known. */
  readonly isContested: boolean
}

/** Forgets a user: for writes whose effect on him is not worth working out. */
export function forgotten(): HotUser {
  return {}
}

/** What is remembered of users, the one asked for longest ago first. */
interface Shelf {
  size(): number
  /** What is not older than its life. */
  fresh(id: UserId): Entry | undefined
  seen(id: UserId): readonly Opportunity[]
  /** Asked for last. */
  touch(id: UserId, entry: Entry): void
  put(id: UserId, what: Omit<Entry, 'seen'>): void
  forget(id: UserId): void
}

function createShelf({ maxUsers, lifeMs, wallClock }: HotUsersOptions): Shelf {
  const entries = new Map<UserId, Entry>()
  const seen = (id: UserId): readonly Opportunity[] => entries.get(id)?.seen ?? NOTHING_SEEN
  const forgetQuiet = (): void => {
    for (const [id, { loadedAt }] of entries) {
      if (wallClock() - loadedAt < QUIET_MS) return
      entries.delete(id)
    }
  }
  return {
    size: () => entries.size,
    fresh(id) {
      const entry = entries.get(id)
      return entry === undefined || lifeMs === null || wallClock() - entry.loadedAt < lifeMs ? entry : undefined
    },
    seen,
    touch(id, entry) {
      entries.delete(id)
      entries.set(id, entry)
    },
    put(id, { hot, loadedAt }) {
      const before = seen(id)
      entries.delete(id)
      if (hot.state === undefined && hot.open === undefined) return
      entries.set(id, { hot, loadedAt, seen: hot.open?.value ?? before })
      if (entries.size > maxUsers) entries.delete(entries.keys().next().value!)
      if (lifeMs !== null) forgetQuiet()
    },
    forget: (id) => void entries.delete(id),
  }
}

/** Who is being written to, and what loads under way must therefore not put in. */
interface Traffic {
  begin(id: UserId): void
  end(id: UserId, change: ((known: HotUser) => HotUser) | null): void
  /** Runs a load; tells it afterwards who was written to since it began. */
  watch<T>(ids: readonly UserId[], load: (written: ReadonlySet<UserId>) => Promise<T>): Promise<T>
}

function createTraffic(shelf: Shelf): Traffic {
  const writers = new Map<UserId, Writers>()
  /** Per load under way: users of it that were written to since it began. */
  const loads = new Set<Set<UserId>>()
  const note = (id: UserId): void => {
    for (const written of loads) written.add(id)
  }
  return {
    begin(id) {
      const others = writers.get(id)?.count ?? 0
      writers.set(id, { count: others + 1, isContested: others > 0 })
      note(id)
    },
    end(id, change) {
      const { count, isContested } = writers.get(id)!
      if (count === 1) writers.delete(id)
      else writers.set(id, { count: count - 1, isContested: true })
      note(id)
      const entry = shelf.fresh(id)
      if (entry === undefined) return
      if (isContested || change === null) shelf.forget(id)
      else shelf.put(id, { hot: change(entry.hot), loadedAt: entry.loadedAt })
    },
    async watch(ids, load) {
      const written = new Set(ids.filter((id) => writers.has(id)))
      loads.add(written)
      try {
        return await load(written)
      } finally {
        loads.delete(written)
      }
    },
  }
}

export function hotUsers(options: HotUsersOptions): HotUsers {
  const { wallClock } = options
  const shelf = createShelf(options)
  const traffic = createTraffic(shelf)
  return {
    count: () => shelf.size(),
    find(id) {
      const entry = shelf.fresh(id)
      if (entry !== undefined) shelf.touch(id, entry)
      return entry?.hot
    },
    seen: (id) => shelf.seen(id),
    load: (ids, task, learn) =>
      traffic.watch(ids, async (written) => {
        const loadedAt = wallClock()
        const result = await task()
        for (const id of ids) {
          const known = shelf.fresh(id)
          if (written.has(id)) continue
          const hot = learn(result, id, known?.hot)
          if (hot === undefined) shelf.forget(id)
          else shelf.put(id, { hot, loadedAt: Math.min(loadedAt, known?.loadedAt ?? loadedAt) })
        }
        return result
      }),
    async write(given, task, change) {
      const ids = new Set<UserId>()
      const join = (id: UserId): void => {
        if (ids.has(id)) return
        ids.add(id)
        traffic.begin(id)
      }
      for (const id of given) join(id)
      let result: { readonly value: Awaited<ReturnType<typeof task>> } | undefined
      try {
        result = { value: await task(join) }
        return result.value
      } finally {
        const done = result
        for (const id of ids) traffic.end(id, done === undefined ? null : (known) => change(done.value, id, known))
      }
    },
  }
}

import type { EpochMs, SendId, UserId } from '@paloma/core'
import type { InboxItem, Store } from '../store/contract.ts'
import { ownersOf } from './owners.ts'

/** Clocks of processes that share a store may differ by so much before a listener misses an item. */
const CLOCK_TOLERANCE_MS = 10_000
/** Items told are remembered, at most so many, so that the poll does not tell them again. */
const MAX_TOLD = 10_000

type Listener = (item: InboxItem) => void

/** Brings new inbox items to those who listen, each item once. */
export interface InboxFeed {
  /** Listens for the user behind an id, whoever that becomes. */
  subscribe(named: UserId, listener: Listener): Promise<() => void>
  tell(item: InboxItem): void
  /** Moves those who listen under an id that has become another name to whom it stands for now. */
  follow(previousId: UserId): Promise<void>
  /** Looks for what other processes did: users they merged, items they delivered; answers how many were told. */
  poll(): Promise<number>
}

/** Somebody who listens, and the id he named. */
interface Ear {
  readonly named: UserId
  readonly listener: Listener
}

/** Who listens to whom now. */
interface Audience {
  of(userId: UserId): readonly Listener[]
  users(): readonly UserId[]
  join(ear: Ear): void
  leave(ear: Ear): void
  /** Moves those who named an id or listen to it, by default all, to whom their ids stand for. */
  move(named?: UserId): Promise<void>
}

function createAudience(store: Pick<Store, 'users'>): Audience {
  const ears = new Map<UserId, Set<Ear>>()
  const homes = new Map<Ear, UserId>()
  const leave = (ear: Ear): void => {
    const home = homes.get(ear)
    if (home === undefined) return
    homes.delete(ear)
    const company = ears.get(home)!
    company.delete(ear)
    if (company.size === 0) ears.delete(home)
  }
  const settle = (ear: Ear, home: UserId): void => {
    leave(ear)
    homes.set(ear, home)
    ears.set(home, (ears.get(home) ?? new Set()).add(ear))
  }
  return {
    of: (userId) => [...(ears.get(userId) ?? [])].map(({ listener }) => listener),
    users: () => [...ears.keys()],
    join: (ear) => settle(ear, ear.named),
    leave,
    async move(named) {
      const moving = [...homes.keys()].filter(
        (ear) => named === undefined || ear.named === named || homes.get(ear) === named,
      )
      if (moving.length === 0) return
      const ownerOf = await ownersOf(
        store,
        moving.map((ear) => ear.named),
      )
      for (const ear of moving) {
        const home = homes.get(ear)
        if (home !== undefined && home !== ownerOf(ear.named)) settle(ear, ownerOf(ear.named))
      }
    },
  }
}

/** The feed of this process; `failed` hears of listeners that throw. */
export function inboxFeed(options: {
  readonly store: Pick<Store, 'inbox' | 'users'>
  readonly now: () => EpochMs
  readonly failed: (error: unknown) => void
}): InboxFeed {
  const { store, now, failed } = options
  const audience = createAudience(store)
  const told = new Map<SendId, EpochMs>()
  let heardUntil = now()

  const tell = (item: InboxItem): boolean => {
    const listeners = audience.of(item.userId)
    if (listeners.length === 0 || told.has(item.sendId)) return false
    told.set(item.sendId, item.createdAt)
    if (told.size > MAX_TOLD) told.delete(told.keys().next().value!)
    for (const listener of listeners) {
      try {
        listener(item)
      } catch (error) {
        failed(error)
      }
    }
    return true
  }
  const forgetBefore = (at: EpochMs): void => {
    for (const [id, createdAt] of told) if (createdAt < at) told.delete(id)
  }

  return {
    tell,
    async subscribe(named, listener) {
      const ear: Ear = { named, listener }
      audience.join(ear)
      try {
        await audience.move(named)
      } catch (error) {
        audience.leave(ear)
        throw error
      }
      return () => audience.leave(ear)
    },
    follow: (previousId) => audience.move(previousId),
    async poll() {
      const at = now()
      const since = heardUntil - CLOCK_TOLERANCE_MS
      await audience.move()
      const ids = audience.users()
      const items = ids.length === 0 ? [] : await store.inbox.newFor(ids, since)
      heardUntil = at
      forgetBefore(since)
      return items.filter(tell).length
    },
  }
}

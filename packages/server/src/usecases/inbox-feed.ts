import type { EpochMs, SendId, UserId } from '@paloma/core'
import type { InboxItem, Store } from '../store/contract.ts'

/** Clocks of processes that share a store may differ by so much before a listener misses an item. */
const CLOCK_TOLERANCE_MS = 10_000
/** Items told are remembered, at most so many, so that the poll does not tell them again. */
const MAX_TOLD = 10_000

type Listener = (item: InboxItem) => void

/** Brings new inbox items to those who listen, each item once. */
export interface InboxFeed {
  subscribe(userId: UserId, listener: Listener): () => void
  tell(item: InboxItem): void
  /** Looks for items that other processes delivered; answers how many were told. */
  poll(): Promise<number>
}

/** The feed of this process; `failed` hears of listeners that throw. */
export function inboxFeed(options: {
  readonly inbox: Store['inbox']
  readonly now: () => EpochMs
  readonly failed: (error: unknown) => void
}): InboxFeed {
  const { inbox, now, failed } = options
  const listeners = new Map<UserId, Set<Listener>>()
  const told = new Map<SendId, EpochMs>()
  let heardUntil = now()

  const tell = (item: InboxItem): boolean => {
    const hearers = listeners.get(item.userId)
    if (hearers === undefined || told.has(item.sendId)) return false
    told.set(item.sendId, item.createdAt)
    if (told.size > MAX_TOLD) told.delete(told.keys().next().value!)
    for (const listener of [...hearers]) {
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
    subscribe(userId, listener) {
      const hearers = listeners.get(userId) ?? new Set()
      listeners.set(userId, hearers.add(listener))
      return () => {
        hearers.delete(listener)
        if (hearers.size === 0 && listeners.get(userId) === hearers) listeners.delete(userId)
      }
    },
    async poll() {
      const at = now()
      const since = heardUntil - CLOCK_TOLERANCE_MS
      const ids = [...listeners.keys()]
      const items = ids.length === 0 ? [] : await inbox.newFor(ids, since)
      heardUntil = at
      forgetBefore(since)
      return items.filter(tell).length
    },
  }
}

import {
  type EpochMs,
  type Opportunity,
  type SendId,
  userId as toUserId,
  type UserId,
  type UserState,
} from '@paloma/core'
import type { InsertResult, SendStore, Store } from '../store/contract.ts'
import {
  asStored,
  type HotUser,
  loadedState,
  openAt,
  stateAt,
  withDecision,
  withOpportunity,
  withOutcome,
} from './hot-user.ts'
import { forgotten, type HotUsers, hotUsers } from './hot-users.ts'

/** How long a user is believed where other processes write too: a change elsewhere is seen no later. */
export const SHARED_LIFE_MS = 1_000

/** A store that remembers users. */
export interface CachedStore {
  readonly store: Store
  usersInMemory(): number
}

/**
 * The same store with users, their history and their open opportunities in memory. The store stays the truth: every
 * write passes through here and corrects or forgets what it touches, and the check at the last moment before a send
 * (`sends.claim`) never reads from memory. It answers what the store would, provided that no outcome is dated after
 * its receipt. Every method of a store is named below, so that a new one cannot be forgotten.
 */
export function withUserStateCache(
  store: Store,
  options: { readonly maxUsers: number; readonly wallClock: () => EpochMs },
): CachedStore {
  const hot = hotUsers({ ...options, lifeMs: store.traits.isShared ? SHARED_LIFE_MS : null })
  const { traits, inbox, registry, experiments, retention } = store
  return {
    usersInMemory: () => hot.count(),
    store: {
      traits,
      inbox,
      registry,
      experiments,
      // Nothing that is remembered of users is as old as what it deletes.
      retention,
      users: cachedUsers(store, hot),
      opportunities: cachedOpportunities(store, hot),
      outcomes: cachedOutcomes(store, hot),
      decisions: cachedDecisions(store, hot),
      sends: cachedSends(store, hot),
      ping: () => store.ping(),
      lead: (role) => store.lead(role),
      close: () => store.close(),
    },
  }
}

function cachedUsers({ users, traits }: Store, hot: HotUsers): Store['users'] {
  const { saidOf, resolveAliases, aliasesOf, count, page } = users
  return {
    saidOf,
    resolveAliases,
    aliasesOf,
    count,
    page,
    change(changes) {
      const places = placesOf(changes, ({ userId }) => userId)
      return hot.write(
        places.keys(),
        () => users.change(changes),
        (profiles, id, { state, ...rest }) => {
          const profile = profiles[places.get(id)?.at(-1) ?? -1]
          if (state === undefined || profile === undefined) return rest
          if (profile === state.value.profile) return { ...rest, state }
          return { ...rest, state: { ...state, value: { ...state.value, profile: asStored(profile) } } }
        },
      )
    },
    loadStates: (ids, now) => loadStates(users, hot, { ids, now }),
    async addAlias(previousId, userId) {
      const owners = (await users.resolveAliases([previousId, userId])).values()
      const touched = [toUserId(previousId), userId, ...owners]
      return hot.write(touched, () => users.addAlias(previousId, userId), forgotten)
    },
    erase: (id, at) => hot.write([id], () => users.erase(id, at), forgotten),
    async settle(ids) {
      // Nobody else erases or merges users of a store that is not shared: whoever is remembered is there.
      const asked = traits.isShared ? ids : ids.filter((id) => hot.find(id)?.state === undefined)
      if (asked.length === 0) return new Map()
      const settled = (alsoWrites: (id: UserId) => void) =>
        users.settle(asked).then((homeless) => {
          for (const owner of homeless.values()) if (owner !== null) alsoWrites(owner)
          return homeless
        })
      return hot.write([], settled, forgotten)
    },
  }
}

interface Question {
  readonly ids: readonly UserId[]
  readonly now: EpochMs
}

async function loadStates(
  users: Store['users'],
  hot: HotUsers,
  { ids, now }: Question,
): Promise<ReadonlyMap<UserId, UserState>> {
  const { known, missing } = askMemory(hot, ids, (user) => stateAt(user, now))
  if (missing.length === 0) return known
  const loaded = await hot.load(
    missing,
    () => users.loadStates(missing, now),
    (states, id, before) => {
      const state = states.get(id)
      return state === undefined ? undefined : { ...before, state: loadedState(state, now) }
    },
  )
  return new Map([...known, ...loaded])
}

function askMemory<T>(
  hot: HotUsers,
  ids: readonly UserId[],
  answer: (user: HotUser) => T | undefined,
): { readonly known: Map<UserId, T>; readonly missing: readonly UserId[] } {
  const known = new Map<UserId, T>()
  const missing: UserId[] = []
  for (const id of ids) {
    const user = hot.find(id)
    const found = user === undefined ? undefined : answer(user)
    if (found === undefined) missing.push(id)
    else known.set(id, found)
  }
  return { known, missing }
}

function cachedOpportunities({ opportunities }: Store, hot: HotUsers): Store['opportunities'] {
  const { get, listByUser, closeExpired } = opportunities
  return {
    get,
    listByUser,
    // What has expired is left out of every answer anyhow.
    closeExpired,
    insertMany(items, at) {
      const places = placesOf(items, ({ userId }) => userId)
      return hot.write(
        places.keys(),
        () => opportunities.insertMany(items, at),
        (results, id, user) => inserted(items, places.get(id), (i) => results[i]).reduce(withOpportunity, user),
      )
    },
    openFor: (ids, now) => openFor(opportunities, hot, { ids, now }),
    async withdraw(id) {
      const found = (await opportunities.get([id])).get(id)
      const owner = found === undefined ? [] : [found.opportunity.userId]
      return hot.write(owner, () => opportunities.withdraw(id), forgotten)
    },
  }
}

async function openFor(
  opportunities: Store['opportunities'],
  hot: HotUsers,
  { ids, now }: Question,
): Promise<ReadonlyMap<UserId, readonly Opportunity[]>> {
  const { known, missing } = askMemory(hot, ids, (user) => openAt(user, now))
  for (const [id, open] of known) if (open.length === 0) known.delete(id)
  if (missing.length === 0) return known
  const remembered = missing.flatMap((id) => hot.seen(id))
  const loaded = await hot.load(
    missing,
    () => opportunities.openFor(missing, now, remembered),
    // Only beside a profile: what happens to somebody unknown is not always seen here.
    (open, id, before) =>
      before?.state === undefined ? undefined : { ...before, open: { value: open.get(id) ?? [], asOf: now } },
  )
  return new Map([...known, ...loaded])
}

/** Where in a list the items of each user are. */
function placesOf<T>(items: readonly T[], userOf: (item: T) => UserId): ReadonlyMap<UserId, readonly number[]> {
  const places = new Map<UserId, number[]>()
  for (const [i, item] of items.entries()) {
    const known = places.get(userOf(item))
    if (known === undefined) places.set(userOf(item), [i])
    else known.push(i)
  }
  return places
}

function inserted<T>(
  items: readonly T[],
  places: readonly number[] | undefined,
  resultOf: (i: number) => InsertResult | undefined,
): readonly T[] {
  return (places ?? []).flatMap((i) => (resultOf(i) === 'inserted' ? [items[i]!] : []))
}

function cachedOutcomes({ outcomes }: Store, hot: HotUsers): Store['outcomes'] {
  const { getMany, listByUser, listByDay, within, lossesIn, countByDay } = outcomes
  return {
    getMany,
    listByUser,
    listByDay,
    within,
    lossesIn,
    countByDay,
    insertMany(items) {
      const places = placesOf(items, ({ userId }) => userId)
      return hot.write(
        places.keys(),
        () => outcomes.insertMany(items),
        (results, id, user) => inserted(items, places.get(id), (i) => results[i]).reduce(withOutcome, user),
      )
    },
  }
}

function cachedDecisions({ decisions }: Store, hot: HotUsers): Store['decisions'] {
  const { insertMany: _, ...reads } = decisions
  return {
    ...reads,
    insertMany(items) {
      const places = placesOf(items, ({ decision }) => decision.userId)
      return hot.write(
        places.keys(),
        () => decisions.insertMany(items),
        (results, id, user) => inserted(items, places.get(id), (i) => results[i]?.result).reduce(withDecision, user),
      )
    },
  }
}

function cachedSends({ sends }: Store, hot: HotUsers): SendStore {
  const { duePlanned, nextDueAt, recover, inFlight, get, byDecision, addressMarks, listByUser } = sends
  const { decidedIn, counts, countUnderWay } = sends
  /** Whose sends are with a provider, so that their end finds its user. */
  const dispatching = new Map<SendId, UserId>()
  const ownerOf = async (id: SendId): Promise<UserId | undefined> => dispatching.get(id) ?? (await get(id))?.userId
  return {
    duePlanned,
    nextDueAt,
    // Dispatching and unknown sends count alike.
    recover,
    inFlight,
    get,
    byDecision,
    addressMarks,
    decidedIn,
    listByUser,
    counts,
    countUnderWay,
    async claim(due, check) {
      const task = (alsoWrites: (id: UserId) => void) =>
        sends.claim(due, (item) => {
          alsoWrites(item.send.userId)
          return check(item)
        })
      const claimed = await hot.write([], task, forgotten)
      for (const { send } of claimed) dispatching.set(send.sendId, send.userId)
      return claimed
    },
    async callOff(plans, at) {
      const owners = await Promise.all(plans.map(({ sendId }) => ownerOf(sendId)))
      const changed = owners.filter((id) => id !== undefined)
      await hot.write(changed, () => sends.callOff(plans, at), forgotten)
    },
    async finish(results, at) {
      const owners = await Promise.all(results.map(({ sendId }) => ownerOf(sendId)))
      // A send that went out counts as it did when it was dispatched.
      const changed = owners.filter((id, i): id is UserId => id !== undefined && results[i]!.result.kind !== 'sent')
      await hot.write(changed, () => sends.finish(results, at), forgotten)
      for (const { sendId } of results) dispatching.delete(sendId)
    },
  }
}

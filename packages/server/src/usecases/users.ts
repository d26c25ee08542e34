import { DEFAULT_CONSENT, type EpochMs, groupOf, type Scalar, type UserId, type UserProfile } from '@paloma/core'
import type { ItemResult, TimelineEntry, Usecases, UserPatch } from './contract.ts'
import type { Deps } from './deps.ts'
import { eraseUser } from './erasure.ts'
import { awaitNothingInFlight } from './in-flight.ts'

/** Merges a bag; `null` removes. */
function mergeBag(
  current: Readonly<Record<string, Scalar>>,
  patch: Readonly<Record<string, Scalar | null>>,
): Record<string, Scalar> {
  const merged: Record<string, Scalar> = { ...current }
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name]
    else merged[name] = value
  }
  return merged
}

function newProfile(userId: UserId, at: EpochMs): UserProfile {
  return { userId, traits: {}, addresses: {}, consent: DEFAULT_CONSENT, suppressions: [], createdAt: at }
}

function withoutNulls<T extends object>(bag: T): { [K in keyof T]: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(bag).filter(([, value]) => value !== null && value !== undefined)) as never
}

/** Applies a patch to a profile, or to a new one. */
export function applyPatch(current: UserProfile | undefined, patch: UserPatch, at: EpochMs): UserProfile {
  const base = current ?? newProfile(patch.userId, at)
  const { consent } = base
  const merged = {
    ...base,
    traits: mergeBag(base.traits, patch.traits ?? {}),
    timeZone: patch.timeZone === undefined ? base.timeZone : patch.timeZone,
    locale: patch.locale === undefined ? base.locale : patch.locale,
    addresses: withoutNulls({ ...base.addresses, ...patch.addresses }),
    consent: {
      channels: { ...consent.channels, ...patch.consent?.channels },
      topics: { ...consent.topics, ...patch.consent?.topics },
      channelTopics: { ...consent.channelTopics, ...patch.consent?.channelTopics },
      learning: patch.consent?.learning ?? consent.learning,
      exploration: patch.consent?.exploration ?? consent.exploration,
    },
  }
  return withoutNulls(merged) as UserProfile
}

function withdrawsConsent({ consent }: UserPatch): boolean {
  const said = [consent?.channels, consent?.topics, consent?.channelTopics].flatMap((bag) => Object.values(bag ?? {}))
  return said.includes('denied')
}

/** Everything about users: profiles, consent, timeline, erasure. */
export function userUsecases(deps: Deps): Usecases['users'] {
  const { store, clock, snapshots } = deps
  const upsert = async (patches: readonly UserPatch[]): Promise<readonly ItemResult<UserProfile>[]> => {
    const at = clock.now()
    const isNew = new Set<number>()
    const profiles = await store.users.change(
      patches.map((patch, i) => ({
        userId: patch.userId,
        update: (current) => {
          if (current === undefined) isNew.add(i)
          return applyPatch(current, patch, at)
        },
      })),
    )
    for (const patch of patches) if (withdrawsConsent(patch)) await awaitNothingInFlight(store, patch.userId)
    return profiles.map((value, i) => ({ ok: true, status: isNew.has(i) ? 'created' : 'updated', value }))
  }

  return {
    upsert,
    async get(id) {
      const state = (await store.users.loadStates([id], clock.now())).get(id)
      if (state === undefined) return undefined
      const { groups, groupSalt } = snapshots.current()
      const open = (await store.opportunities.openFor([id], clock.now())).get(id) ?? []
      return { profile: state.profile, group: groupOf(groups, groupSalt, id), openOpportunities: open.length }
    },
    erase: (id) => eraseUser(deps, id),
    list: (after, limit) => store.users.page(after, limit),
    async timeline(id, options) {
      if (!(await store.users.loadStates([id], clock.now())).has(id)) return undefined
      const [decisions, outcomes, sends, opportunities] = await Promise.all([
        store.decisions.listByUser(id, options),
        store.outcomes.listByUser(id, options),
        store.sends.listByUser(id, options),
        store.opportunities.listByUser(id, options.limit),
      ])
      const before = options.before ?? Number.POSITIVE_INFINITY
      const entries: TimelineEntry[] = [
        ...decisions.map((decision) => ({ kind: 'decision' as const, at: decision.at, decision })),
        ...outcomes.map((outcome) => ({ kind: 'outcome' as const, at: outcome.at, outcome })),
        ...sends.map((send) => ({ kind: 'send' as const, at: send.updatedAt, send })),
        ...opportunities.map((o) => ({ kind: 'opportunity' as const, at: o.opportunity.window.notBefore, ...o })),
      ]
      return entries
        .filter(({ at }) => at < before)
        .sort((a, b) => b.at - a.at)
        .slice(0, options.limit)
    },
  }
}

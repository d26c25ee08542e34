import { groupOf, type UserProfile } from '@paloma/core'
import type { ItemResult, Usecases, UserPatch } from './contract.ts'
import type { Deps } from './deps.ts'
import { eraseUser } from './erasure.ts'
import { groupCommit } from './group-commit.ts'
import { awaitEachInFlight } from './item-results.ts'
import { ownersOf, writeAsOwners } from './owners.ts'
import { applyPatch } from './profile.ts'
import { timelineOf } from './timeline.ts'

type SaveResult = ItemResult<UserProfile>

/** Anything but a yes may take one back: `unknown` does where the channel needs an explicit yes. */
function mayWithdrawConsent({ consent }: UserPatch): boolean {
  const said = [consent?.channels, consent?.topics, consent?.channelTopics].flatMap((bag) => Object.values(bag ?? {}))
  return said.some((state) => state !== 'granted')
}

/** Everything about users: profiles, consent, timeline, erasure. An alias stands for the user it belongs to. */
export function userUsecases(deps: Deps): Usecases['users'] {
  const { store, clock, snapshots } = deps

  const write = groupCommit<UserPatch, SaveResult>(async (patches) => {
    const at = clock.now()
    const isNew = new Set<number>()
    const ids = patches.map(({ userId }) => userId)
    const profiles = await writeAsOwners(store, ids, (ownerOf) =>
      store.users.change(
        patches.map((patch, i) => ({
          userId: ownerOf(patch.userId),
          update: (current) => {
            if (current === undefined) isNew.add(i)
            else isNew.delete(i)
            return applyPatch(current, { ...patch, userId: ownerOf(patch.userId) }, at)
          },
        })),
      ),
    )
    return profiles.map((value, i): SaveResult => ({ ok: true, status: isNew.has(i) ? 'created' : 'updated', value }))
  })

  return {
    async upsert(patches) {
      const results = await write.add(patches)
      const withdrawn = results.flatMap((result, i) => {
        return result.ok && mayWithdrawConsent(patches[i]!) ? [result.value.userId] : []
      })
      const failed = await awaitEachInFlight(deps, withdrawn)
      return results.map((result, i): SaveResult => {
        const error = result.ok && mayWithdrawConsent(patches[i]!) ? failed.get(result.value.userId) : undefined
        return error === undefined ? result : { ok: false, error }
      })
    },
    async get(named) {
      const id = (await ownersOf(store, [named]))(named)
      const now = clock.now()
      const state = (await store.users.loadStates([id], now)).get(id)
      if (state === undefined) return undefined
      const { groups, groupSalt } = snapshots.current()
      const open = (await store.opportunities.openFor([id], now)).get(id) ?? []
      const said = (await store.users.saidOf(id)) ?? {}
      return { profile: state.profile, said, group: groupOf(groups, groupSalt, id), openOpportunities: open.length }
    },
    erase: (id) => eraseUser(deps, id),
    async list(after, limit) {
      const page = await store.users.page(after, limit)
      return page.map(({ said: _, ...profile }) => profile)
    },
    async timeline(named, options) {
      const id = (await ownersOf(store, [named]))(named)
      const now = clock.now()
      if (!(await store.users.loadStates([id], now)).has(id)) return undefined
      return timelineOf(store, id, { ...options, now })
    },
  }
}

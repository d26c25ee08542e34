import type { UserId } from '@paloma/core'
import { readToken, signToken } from '../channel/unsubscribe-token.ts'
import type { InboxItem, InsertResult, Store } from '../store/contract.ts'
import type { Usecases } from './contract.ts'
import type { Deps } from './deps.ts'
import { type GroupCommit, groupCommit } from './group-commit.ts'
import { ownersOf, writeAsOwners } from './owners.ts'

/** In-app messages: reading, marking, listening, and the tokens of browsers. An alias has the inbox of the user behind it. */
export function inboxUsecases({ store, clock, secret, inboxFeed: feed }: Deps): Usecases['inbox'] {
  const ownerOf = async (userId: UserId): Promise<UserId> => (await ownersOf(store, [userId]))(userId)
  return {
    list: async (userId, options) => store.inbox.list(await ownerOf(userId), options),
    mark: async (userId, id, status) => store.inbox.mark(await ownerOf(userId), id, status, clock.now()),
    subscribe: (userId, listener) => feed.subscribe(userId, listener),
    tokenFor: (userId) => signToken(secret, { kind: 'inbox', userId }),
    userOfToken(token) {
      const payload = readToken(secret, token)
      return payload?.kind === 'inbox' ? payload.userId : undefined
    },
  }
}

/** Puts items into inboxes, many callers' together; of a user who was merged while it was on its way, into that of his owner. */
export function inboxWriter(store: Pick<Store, 'users' | 'inbox'>): GroupCommit<InboxItem, InsertResult> {
  return groupCommit((items) =>
    writeAsOwners(
      store,
      items.map(({ userId }) => userId),
      (ownerOf) => store.inbox.putMany(items.map((item) => ({ ...item, userId: ownerOf(item.userId) }))),
    ),
  )
}

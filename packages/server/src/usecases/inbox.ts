import { readToken, signToken } from '../channel/unsubscribe-token.ts'
import type { Usecases } from './contract.ts'
import type { Deps } from './deps.ts'

/** In-app messages: reading, marking, listening, and the tokens of browsers. */
export function inboxUsecases({ store, clock, secret, inboxFeed: feed }: Deps): Usecases['inbox'] {
  return {
    list: (userId, options) => store.inbox.list(userId, options),
    mark: (userId, id, status) => store.inbox.mark(userId, id, status, clock.now()),
    subscribe: (userId, listener) => feed.subscribe(userId, listener),
    tokenFor: (userId) => signToken(secret, { kind: 'inbox', userId }),
    userOfToken(token) {
      const payload = readToken(secret, token)
      return payload?.kind === 'inbox' ? payload.userId : undefined
    },
  }
}

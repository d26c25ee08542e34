import type { EpochMs } from '@paloma/core'
import { readToken, signToken } from '../channel/unsubscribe-token.ts'
import type { Usecases } from './contract.ts'
import { decisionUsecases } from './decisions.ts'
import type { Deps } from './deps.ts'
import { createDispatcher } from './dispatch.ts'
import { eventUsecases } from './events.ts'
import { groupUsecases } from './groups.ts'
import { keyUsecases } from './keys.ts'
import { createLearner } from './learner.ts'
import { opportunityUsecases } from './opportunities.ts'
import { userUsecases } from './users.ts'

/** Rows taken in one go by plans and dispatch. */
const BATCH = 500

/** What falls due by itself; jobs call these, the virtual clock calls them on the way. */
export interface DueWork {
  redecide(): Promise<number>
  dispatch(): Promise<number>
  learn(): Promise<number>
}

async function drain(step: () => Promise<number>): Promise<number> {
  let total = 0
  for (let done = await step(); done > 0; done = await step()) total += done
  return total
}

/** Joins the use cases over their contracts. */
export function createUsecases(
  deps: Deps,
  wallClock: () => EpochMs,
): { readonly usecases: Usecases; readonly due: DueWork } {
  const { store, clock, snapshots, secret, inboxListeners, history } = deps
  const users = userUsecases(deps)
  const decisions = decisionUsecases(deps)
  const dispatcher = createDispatcher(deps)
  const learner = createLearner(deps)
  const due: DueWork = {
    redecide: () => drain(() => decisions.redecide(BATCH)),
    dispatch: () => drain(() => dispatcher.run(BATCH)),
    learn: async () => (await learner.run()).id,
  }
  const unsubscribeOf = (token: string) => {
    const payload = readToken(secret, token)
    if (payload?.kind !== 'unsubscribe') return undefined
    return { userId: payload.userId, channel: payload.channel, topic: payload.topic }
  }
  const usecases: Usecases = {
    users,
    opportunities: opportunityUsecases(deps),
    events: eventUsecases(deps, users.upsert),
    decisions,
    groups: groupUsecases(deps),
    keys: keyUsecases(deps, wallClock),
    inbox: {
      list: (userId, options) => store.inbox.list(userId, options),
      mark: (userId, id, status) => store.inbox.mark(userId, id, status, clock.now()),
      subscribe(userId, listener) {
        const listeners = inboxListeners.get(userId) ?? new Set()
        inboxListeners.set(userId, listeners.add(listener))
        return () => void listeners.delete(listener)
      },
      tokenFor: (userId) => signToken(secret, { kind: 'inbox', userId }),
      userOfToken(token) {
        const payload = readToken(secret, token)
        return payload?.kind === 'inbox' ? payload.userId : undefined
      },
    },
    unsubscribe: {
      show: unsubscribeOf,
      async act(token) {
        const target = unsubscribeOf(token)
        if (target === undefined) return undefined
        const { userId, channel, topic } = target
        await users.upsert([{ userId, consent: { channelTopics: { [`${channel}:${topic}`]: 'denied' } } }])
        return target
      },
    },
    clock: {
      isVirtual: clock.isVirtual,
      now: () => clock.now(),
      async advance(to) {
        let redecided = 0
        let dispatched = await due.dispatch()
        for (
          let next = await store.sends.nextDueAt();
          next !== null && next <= to;
          next = await store.sends.nextDueAt()
        ) {
          clock.set(Math.max(next, clock.now()))
          redecided += await due.redecide()
          dispatched += await due.dispatch()
        }
        clock.set(to)
        return { redecided, dispatched, stateId: await due.learn() }
      },
    },
    history: {
      async export({ includeToday = false, onProgress }) {
        const today = new Date(clock.now()).toISOString().slice(0, 10)
        const written: { day: string; decisions: number; outcomes: number }[] = []
        for (const day of await store.decisions.days()) {
          if (day >= today && !includeToday) continue
          onProgress?.(day)
          const decided = pages(
            (after: Parameters<typeof store.decisions.listByDay>[1]) => store.decisions.listByDay(day, after, 1_000),
            (d) => d.decisionId,
          )
          const outcomes = pages(
            (after: string | null) => store.outcomes.listByDay(day, after, 1_000),
            (o) => o.messageId,
          )
          written.push({ day, ...(await history.writeDay(day, { decisions: decided, outcomes })) })
        }
        return written
      },
    },
    health: {
      async ready() {
        const ok = await store.ping().then(
          () => ({ ok: true, detail: `${store.traits.name} answers` }),
          (error: unknown) => ({ ok: false, detail: String(error) }),
        )
        return { ready: ok.ok, checks: { store: ok } }
      },
      async counts() {
        const [decided, sends] = await Promise.all([store.decisions.count(), store.sends.counts()])
        return {
          decisions: decided,
          sends,
          stateId: snapshots.current().state.id,
          usersInMemory: 0,
          isLearner: learner.isLeader(),
        }
      },
    },
  }
  return { usecases, due }
}

/** All pages of a listing, each asked for with the last key of the one before. */
async function* pages<T, K>(
  list: (after: K | null) => Promise<readonly T[]>,
  keyOf: (item: T) => K,
): AsyncGenerator<readonly T[]> {
  let page = await list(null)
  while (page.length > 0) {
    yield page
    page = await list(keyOf(page[page.length - 1]!))
  }
}

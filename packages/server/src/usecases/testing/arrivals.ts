import {
  DAY_MS,
  type Decision,
  decisionId,
  HOUR_MS,
  type Opportunity,
  opportunityId,
  type UserId,
  userId,
} from '@paloma/core'
import { type MemoryChannel, memoryChannel } from '../../channel/memory/channel.ts'
import type { Config } from '../../config/contract.ts'
import { defaultConfig } from '../../config/default-config.ts'
import type { Store } from '../../store/contract.ts'
import { pgliteStore } from '../../store/pglite-store.ts'
import { exampleOpportunity, NOON } from '../../store/testing/examples.ts'
import type { DecideCommand, IncomingEvent, ItemResult } from '../contract.ts'
import { withUserStateCache } from '../user-state-cache.ts'
import { type LabOptions, OPEN_RULES, type UsecaseLab, usecaseLab } from './usecase-lab.ts'

/** Everybody gets a message whenever one may be sent, now and by any channel that works. */
export const ALWAYS_SEND: Partial<Config> = {
  rules: { ...OPEN_RULES, slots: { localHours: [], horizonHours: 0 } },
  groups: {
    ...defaultConfig.groups,
    paloma: { share: 1_000_000, policy: { kind: 'random', holdProbability: 0 } },
  },
}

/** The use cases as a server runs them: users in memory before an embedded store, email that goes nowhere. */
export interface ArrivalsLab extends UsecaseLab {
  readonly email: MemoryChannel
  /** What lies behind the memory. */
  readonly embedded: Store
  usersInMemory(): number
}

export async function arrivalsLab(options: LabOptions = {}): Promise<ArrivalsLab> {
  const embedded = options.store ?? (await pgliteStore({ dataDir: null }))
  const { store, usersInMemory } = withUserStateCache(embedded, { maxUsers: 1_000, wallClock: () => NOON })
  const email = memoryChannel({ channel: 'email' })
  const lab = await usecaseLab({ adapters: [email], ...options, store })
  return {
    ...lab,
    email,
    embedded,
    usersInMemory,
    async close() {
      await lab.close()
      if (options.store === undefined) await embedded.close()
    },
  }
}

/** A user who can be mailed. */
export async function introduce({ usecases }: UsecaseLab, id: string): Promise<UserId> {
  await usecases.users.upsert([{ userId: userId(id), addresses: { email: `${id}@example.org` } }])
  return userId(id)
}

/** A proposal to mail the user, open from an hour before `at` to a day after it. */
export function proposal(
  id: string,
  user: string,
  changes: Partial<Opportunity> & { readonly at?: number } = {},
): Opportunity {
  const { at = NOON, ...rest } = changes
  const window = { notBefore: at - HOUR_MS, expires: at + DAY_MS }
  return exampleOpportunity(id, user, { channels: ['email'], window, ...rest })
}

export function track(
  messageId: string,
  user: string,
  name: string,
  changes: Partial<IncomingEvent> = {},
): IncomingEvent {
  return { type: 'track', messageId, userId: user, name, properties: {}, traits: {}, context: {}, ...changes }
}

export function ask(id: string, user: string, changes: Partial<DecideCommand> = {}): DecideCommand {
  return { decisionId: decisionId(id), userId: userId(user), context: {}, deliver: true, ...changes }
}

/** The code of each refusal, or the status of what went through. */
export function outcomesOf(results: readonly ItemResult<unknown>[]): readonly string[] {
  return results.map((result) => (result.ok ? result.status : result.error.code))
}

/** A decision to send that is stored and on its way, for an opportunity of its own: `o-<id>`. */
export async function sendNow(lab: UsecaseLab, id: string, user: string): Promise<void> {
  await lab.usecases.opportunities.propose([proposal(`o-${id}`, user, { at: lab.clock.now() })])
  await lab.usecases.decisions.decide([ask(id, user)])
}

/** What is decided now for a user who is new or known, about a proposal of his own; its id is `d-<user>`. */
export async function decideFor(lab: UsecaseLab, user: string): Promise<Decision> {
  await introduce(lab, user)
  await lab.usecases.opportunities.propose([proposal(`o-${user}`, user, { message: 'digest', at: lab.clock.now() })])
  await lab.usecases.decisions.decide([ask(`d-${user}`, user)])
  return (await lab.usecases.decisions.get(decisionId(`d-${user}`)))!
}

export const opportunityOf = (id: string): Opportunity['id'] => opportunityId(id)

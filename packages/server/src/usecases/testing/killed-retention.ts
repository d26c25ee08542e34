import { DAY_MS, HOUR_MS, opportunityId, userId } from '@paloma/core'
import type { Config } from '../../config/contract.ts'
import type { Store } from '../../store/contract.ts'
import {
  exampleDecision,
  exampleNew,
  exampleOpportunity,
  exampleOutcome,
  exampleProfile,
  NOON,
} from '../../store/testing/examples.ts'

export const KILLED_CONFIG: Partial<Config> = { retention: { storeDays: 30, exportedDays: null } }

/** Days of the past, the oldest first, in days before now. */
export const AGES: readonly number[] = Array.from({ length: 40 }, (_, i) => 70 - i)
export const PER_DAY = 60

/** Ids of one day: `<age>-<i>`. */
export function idsOf(age: number): readonly string[] {
  return Array.from({ length: PER_DAY }, (_, i) => `${age}-${i}`)
}

/** Decisions that sent, each with a proposal, an item in the inbox and an outcome of its own, on every day. */
export async function writePast(store: Store): Promise<void> {
  await store.users.change([{ userId: userId('kept'), update: () => exampleProfile('kept') }])
  for (const age of AGES) {
    const at = NOON - age * DAY_MS
    const ids = idsOf(age)
    await store.opportunities.insertMany(
      ids.map((id) => exampleOpportunity(`o-${id}`, 'kept', { window: { notBefore: at, expires: at + HOUR_MS } })),
      at,
    )
    await store.decisions.insertMany(
      ids.map((id) => {
        const action = {
          kind: 'send',
          opportunityId: opportunityId(`o-${id}`),
          variant: 'default',
          channel: 'email',
          sendAt: at,
        } as const
        return exampleNew(exampleDecision(id, 'kept', { at, learning: null, actions: [{ kind: 'hold' }, action] }))
      }),
    )
    const claimed = await store.sends.claim({ now: at, limit: PER_DAY }, () => ({ kind: 'go' }))
    const sent = { kind: 'sent', providerMessageId: null } as const
    await store.sends.finish(
      claimed.map(({ send: { sendId } }) => ({ sendId, result: sent })),
      at,
    )
    const item = { message: 'm', content: {}, createdAt: at, status: 'unseen', statusAt: at } as const
    await store.inbox.putMany(
      claimed.map(({ send: { sendId, decisionId, userId: of } }) => ({ ...item, sendId, decisionId, userId: of })),
    )
    await store.outcomes.insertMany(ids.map((id) => exampleOutcome(`m-${id}`, 'kept', { at, receivedAt: at })))
  }
}

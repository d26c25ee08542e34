import type { WireDecisionAnswer, WirePage, WireResults, WireTimelineEntry } from '@paloma/sdk'
import { call } from './serve-child.ts'

/** Where a server is, and a key to it. */
export interface Reached {
  readonly url: string
  readonly key: string
}

type Send = Extract<WireTimelineEntry, { readonly kind: 'send' }>['send']

/** A configuration whose e-mail goes to `webhookUrl`, with rules that allow everything. */
export function faultConfig(webhookUrl: string): object {
  const secret = `whsec_${Buffer.from('a secret of more than 24 bytes').toString('base64')}`
  return {
    adapters: { email: { kind: 'webhook', url: webhookUrl, secret, timeoutMs: 100_000 } },
    rules: { caps: [], gaps: [], quietHours: [] },
  }
}

/** Posts a list; answers the values, or throws with what was refused. */
async function postAll<T>(server: Reached, path: string, items: readonly object[]): Promise<readonly T[]> {
  const { json } = await call<WireResults<T>>(server, `POST ${path}`, { items })
  if (json.results === undefined) throw new Error(JSON.stringify(json))
  return json.results.map((result) => {
    if (!result.ok) throw new Error(JSON.stringify(result))
    return result.value
  })
}

/** Users with an address each. */
export async function saveUsers(server: Reached, ids: readonly string[]): Promise<void> {
  const items = ids.map((userId) => ({ userId, addresses: { email: `${userId}@example.org` } }))
  await postAll(server, '/v1/users/batch', items)
}

/** Proposes a message that must go out at once to each user. */
export async function propose(server: Reached, ids: readonly string[], name: string): Promise<void> {
  const window = { expires: new Date(Date.now() + 3_600_000).toISOString() }
  const content = { email: { subject: 'Hello', html: '<p>Hello</p>' } }
  const items = ids.map((userId) => ({
    ...{ id: `${name}-${userId}`, producer: 'shop', userId, message: 'receipt', category: 'transactional' },
    ...{ topic: 'orders', channels: ['email'], content, window },
  }))
  await postAll(server, '/v1/opportunities', items)
}

/** Decides for each user; answers the ids of the sends that were reserved. */
export async function decideFor(server: Reached, ids: readonly string[], name: string): Promise<readonly string[]> {
  const items = ids.map((userId) => ({ decisionId: `${name}-${userId}`, userId }))
  const answers = await postAll<WireDecisionAnswer>(server, '/v1/decisions/batch', items)
  return answers.flatMap(({ sendId }) => (sendId === null ? [] : [sendId]))
}

/** How the sends of a user ended, oldest first. */
export async function sendsOf(server: Reached, userId: string): Promise<readonly Send[]> {
  const { json } = await call<WirePage<WireTimelineEntry>>(server, `GET /v1/users/${userId}/timeline?limit=200`)
  return json.data.flatMap((entry) => (entry.kind === 'send' ? [entry.send] : [])).reverse()
}

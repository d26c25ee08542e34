import { DEFAULT_CONSENT, type UserProfile } from '@paloma/core/domain'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { applyPatch } from '../../usecases/profile.ts'
import { createPglite, type PgliteClient } from '../pglite/pglite-client.ts'
import { exampleProfile } from '../testing/examples.ts'
import { datedWords } from './migrations/0010-dated-words.ts'
import { userStore } from './users.ts'

let client: PgliteClient
beforeAll(async () => {
  client = await createPglite(null, { onNotice: () => undefined })
})
afterAll(() => client.close())

it('a profile that was stored before times were kept was said before then: a no stands against older words, a yes against none', async () => {
  const old: UserProfile = exampleProfile('old', {
    traits: { plan: 'paid' },
    consent: { ...DEFAULT_CONSENT, channels: { email: 'denied', push: 'granted' } },
    suppressions: [{ channel: 'sms', reason: 'opt-out', since: 5 }],
  })
  await client.query('alter table users drop column said')
  await client.query('insert into users (user_id, profile, learning, created_at) values ($1, $2, true, 1)', [
    old.userId,
    JSON.stringify(old),
  ])
  const began = Date.now()
  for (const statement of datedWords) await client.query(statement)
  const users = userStore(client)
  const { before = 0 } = (await users.saidOf(old.userId)) ?? {}
  expect(before).toBeGreaterThan(began - 60_000)
  const say = (saidAt: number) => {
    const channels = { email: 'granted', push: 'unknown', sms: 'granted' } as const
    const patch = { userId: old.userId, saidAt, traits: { plan: 'free' }, consent: { saidAt, channels } }
    return users.change([{ userId: old.userId, update: (current) => applyPatch(current, patch, before + 9) }])
  }
  expect((await say(before - 1))[0]).toMatchObject({
    traits: { plan: 'paid' },
    consent: { channels: { email: 'denied', push: 'unknown', sms: 'granted' } },
    suppressions: [],
  })
  expect((await say(before + 1))[0]).toMatchObject({
    traits: { plan: 'free' },
    consent: { channels: { email: 'granted' } },
  })
})

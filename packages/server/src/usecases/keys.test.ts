import { afterAll, beforeAll, expect, it } from 'vitest'
import { NOON } from '../store/testing/examples.ts'
import { keyUsecases } from './keys.ts'
import { type UsecaseLab, usecaseLab } from './testing/usecase-lab.ts'

let lab: UsecaseLab
beforeAll(async () => {
  lab = await usecaseLab()
})
afterAll(() => lab.close())

it('shows a secret once, keeps its hash, and knows its key by it', async () => {
  const { key, secret } = await lab.usecases.keys.create('shop', ['ingest'])
  expect(secret).toMatch(/^pk_[\w-]{32}$/)
  expect(key).toMatchObject({ name: 'shop', scopes: ['ingest'], createdAt: NOON, revokedAt: null })
  expect(JSON.stringify(await lab.usecases.keys.list())).not.toContain(secret)
  expect(await lab.usecases.keys.authenticate(secret)).toEqual(key)
  expect(await lab.usecases.keys.authenticate(`${secret}x`)).toBeUndefined()
})

it('forgets a revoked key at once where it was revoked, and within five seconds elsewhere', async () => {
  let now = 0
  const elsewhere = keyUsecases(lab.deps, () => now)
  const { key, secret } = await lab.usecases.keys.create('old', ['read'])
  expect(await elsewhere.authenticate(secret)).toEqual(key)
  expect(await lab.usecases.keys.revoke(key.id)).toBe(true)
  expect(await lab.usecases.keys.revoke(key.id)).toBe(false)
  expect(await lab.usecases.keys.authenticate(secret)).toBeUndefined()
  now = 4_999
  expect(await elsewhere.authenticate(secret)).toEqual(key)
  now = 5_000
  expect(await elsewhere.authenticate(secret)).toBeUndefined()
})

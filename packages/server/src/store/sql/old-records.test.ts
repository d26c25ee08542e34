import { DAY_MS, summaryOf } from '@paloma/core/domain'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { LearningExample } from '../contract.ts'
import { createPglite, type PgliteClient } from '../pglite/pglite-client.ts'
import { exampleDecision, exampleNew, exampleProfile, NOON } from '../testing/examples.ts'
import { decisionStore } from './decisions.ts'
import { toTextRow } from './testing/text-row.ts'
import { userStore } from './users.ts'

let client: PgliteClient
beforeAll(async () => {
  client = await createPglite(null, { onNotice: () => undefined })
})
afterAll(() => client.close())

/** Writes a decision as it was written until records were packed. */
async function writeOld(id: string): Promise<ReturnType<typeof exampleDecision>> {
  const decision = exampleDecision(id, 'old-user')
  const { decision_id, at, learning, record } = toTextRow(decision)
  await client.query(
    `insert into decisions (decision_id, user_id, at, fingerprint, learning, record) values ($1, $2, $3, $4, $5, $6)`,
    [decision_id, decision.userId, at, `f-${id}`, learning, record],
  )
  return decision
}

it('a decision that was stored before records were packed is read, listed, learned from and repeated like a new one', async () => {
  const profile = exampleProfile('old-user')
  await userStore(client).change([{ userId: profile.userId, update: () => profile }])
  const old = await writeOld('d-old')
  const fresh = exampleDecision('d-young', 'old-user', { at: NOON + 1 })
  const store = decisionStore(client)
  await store.insertMany([exampleNew(fresh, { deliver: false })])
  expect(await store.get(old.decisionId)).toStrictEqual(old)
  expect(await store.listByDay('2026-03-10', null, 9)).toStrictEqual([old, fresh])
  const pages: (readonly LearningExample[])[] = []
  for await (const page of store.matured({ from: NOON, until: NOON + DAY_MS, windowMs: DAY_MS })) pages.push(page)
  expect(pages.flat().map(({ learning }) => learning)).toStrictEqual([old.learning, fresh.learning])
  const [again] = await store.insertMany([exampleNew(old, { deliver: false })])
  expect(again).toStrictEqual({ result: 'duplicate', decision: summaryOf(old) })
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DAY_MS, decisionId } from '@paloma/core'
import { expect, it } from 'vitest'
import { lookAtStore } from './look-at-store.ts'
import { createPglite } from './pglite/pglite-client.ts'
import { pgliteStore } from './pglite-store.ts'
import { LOCK_CLASS } from './postgres/postgres-client.ts'
import { storeFacts } from './sql/store-facts.ts'
import { exampleDecision, exampleNew, exampleOutcome, NOON } from './testing/examples.ts'

it('counts outcomes of the last 28 days by whether they name the decision of a send, one that is not there, or follow one in time', async () => {
  const root = mkdtempSync(join(tmpdir(), 'paloma-look-'))
  const dataDir = join(root, 'data')
  const store = await pgliteStore({ dataDir })
  const named = { decisionId: decisionId('d'), joinedBy: 'decisionId', values: { conversion: 1 } } as const
  const holds = exampleDecision('d', 'u', { chosen: 0, propensity: 0.3 })
  await store.decisions.insertMany([exampleNew(holds)])
  await store.outcomes.insertMany([
    exampleOutcome('named', 'u', { ...named, at: NOON }),
    exampleOutcome('guessed', 'u', { ...named, at: NOON, joinedBy: 'window' }),
    exampleOutcome('after no send', 'u', { ...named, at: NOON, decisionId: null, joinedBy: null }),
    exampleOutcome('stray', 'u', { ...named, at: NOON, decisionId: decisionId('nobody-made-it') }),
    exampleOutcome('stray too', 'u', { ...named, at: NOON, decisionId: decisionId('nor-this') }),
    exampleOutcome('machine', 'u', { ...named, at: NOON, isMachine: true }),
    exampleOutcome('worth nothing', 'u', { ...named, at: NOON, values: {} }),
    exampleOutcome('old', 'u', { ...named, at: NOON - 28 * DAY_MS }),
  ])
  await store.close()
  const look = await lookAtStore({ dataDir, databaseUrl: null })
  expect(look).toMatchObject({ kind: 'open', facts: { traces: { named: 1, guessed: 1, stray: 2 } } })
  rmSync(root, { recursive: true, force: true })
})

it('looks at the latest outcomes alone where there are many, so that it answers in time', async () => {
  const client = await createPglite(null, { onNotice: () => {} })
  await client.query(
    `insert into outcomes (message_id, user_id, name, at, received_at, decision_id, joined_by, is_machine, is_visit,
       is_response, objective_values, properties)
     select 'm' || i, 'u', 'bought', $1::bigint + i, $1::bigint + i, 'd', case when i > 2 then 'window' else 'decisionId' end,
       false, false, false, '{"conversion":1}', '{}'
     from generate_series(1, 100002) as i`,
    [NOON],
  )
  const { traces } = await storeFacts(client, LOCK_CLASS)
  expect(traces).toEqual({ named: 0, guessed: 100_000, stray: 0 })
  await client.close()
})

it('says why a store cannot be opened to be looked at: a directory that cannot be written, a full disk', async () => {
  const root = mkdtempSync(join(tmpdir(), 'paloma-look-'))
  const file = join(root, 'file')
  writeFileSync(file, '')
  const look = (dataDir: string) => lookAtStore({ dataDir, databaseUrl: null, freeBytes: () => 1 })
  expect(await look(file)).toMatchObject({ kind: 'refused', code: 'STORE_UNWRITABLE' })
  expect(await look(root)).toMatchObject({ kind: 'refused', code: 'STORE_FULL' })
  rmSync(root, { recursive: true, force: true })
})

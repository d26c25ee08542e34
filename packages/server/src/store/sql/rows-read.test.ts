import { DAY_MS, HOUR_MS, opportunityId, userId } from '@paloma/core/domain'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPglite, type PgliteClient } from '../pglite/pglite-client.ts'
import { exampleOpportunity, NOON } from '../testing/examples.ts'
import type { Sql, SqlClient } from './client.ts'
import { decisionStore } from './decisions.ts'
import { opportunityStore } from './opportunities.ts'
import { retentionStore } from './retention.ts'
import { sendStore } from './sends.ts'
import { userStore } from './users.ts'

const MANY = 3_000
/** A statement that answers a handful of rows may look at so many: pages of an index, and what it joins. */
const FEW = 60

interface Plan {
  readonly 'Node Type': string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly Plan[]
}

function rowsRead(plan: Plan): number {
  const own = plan['Node Type'].endsWith('Scan') && plan['Node Type'] !== 'Function Scan'
  const here = own ? (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'] : 0
  return (plan.Plans ?? []).reduce((sum, each) => sum + rowsRead(each), here)
}

/** The same client, which counts the rows of tables that each statement reads by running it once more before, in vain. */
function counting(client: SqlClient): { readonly client: SqlClient; readonly read: () => number } {
  let total = 0
  const counted = (sql: Sql): Sql => ({
    copyIn: (messages) => sql.copyIn(messages),
    async query(text, values) {
      await sql.query('savepoint before')
      const [row] = await sql.query<{ readonly 'QUERY PLAN': readonly [{ readonly Plan: Plan }] }>(
        `explain (analyze, format json) ${text}`,
        values,
      )
      await sql.query('rollback to savepoint before')
      total += rowsRead(row!['QUERY PLAN'][0].Plan)
      return sql.query(text, values)
    },
  })
  const transaction: SqlClient['transaction'] = (work) => client.transaction((sql) => work(counted(sql)))
  return {
    client: {
      transaction,
      copyIn: (m) => client.copyIn(m),
      query: (text, values) => transaction((sql) => sql.query(text, values)),
    },
    read: () => total,
  }
}

/** Of one user, whose sends and proposals are old; of many others, whose e-mails are due and whose proposals have lapsed. */
const FILL = [
  `insert into users (user_id, profile, learning, created_at)
   select 'u' || i, '{"userId":"u' || i || '"}', true, 0 from generate_series(0, ${MANY}) as i`,
  `insert into opportunities (opportunity_id, user_id, status, expires, message, category, topic, created_at, record)
   select 'o' || i, 'u' || i, 'taken', ${NOON + DAY_MS}, 'm', 'marketing', 't', 0, '{}' from generate_series(1, ${MANY}) as i
   union all
   select 'p' || i, 'u0', 'sent', ${NOON - 90 * DAY_MS}, 'm', 'marketing', 't', 0, '{}' from generate_series(1, ${MANY}) as i
   union all
   select 'q' || i, 'u' || i, 'open', ${NOON - DAY_MS} + i, 'm', 'marketing', 't', 0, '{}' from generate_series(1, ${MANY}) as i`,
  `insert into sends (send_id, decision_id, user_id, opportunity_id, message, variant, channel, category, topic, decided_at,
     due_at, dispatched_at, status, updated_at)
   select 's' || i, 'd' || i, 'u' || i, 'o' || i, 'm', 'v', 'email', 'marketing', 't', ${NOON}, ${NOON}, null::bigint, 'reserved', ${NOON}
   from generate_series(1, ${MANY}) as i
   union all
   select 't' || i, 'e' || i, 'u0', 'p' || i, 'm', 'v', 'email', 'marketing', 't', at, at, at, 'sent', at
   from generate_series(1, ${MANY}) as i cross join lateral (select ${NOON - 100 * DAY_MS} + i as at) as moment`,
  `insert into decisions (decision_id, user_id, at, fingerprint)
   select 'e' || i, 'u0', ${NOON - 100 * DAY_MS} + i, '' from generate_series(1, ${MANY}) as i`,
  `insert into outcomes (message_id, user_id, name, at, received_at, is_machine, is_visit, is_response, objective_values, properties)
   select 'm' || i, 'u0', 'n', ${NOON - 100 * DAY_MS} + i, 0, false, false, false, '{}', '{}' from generate_series(1, ${MANY}) as i`,
  `insert into exposures (experiment, user_id, slot, variant, phase, at, decision_id)
   select 'x', 'u' || i, -1, 'a', 0, 0, 'e' || i from generate_series(1, ${MANY}) as i`,
  'vacuum analyze',
]

/** A step of a deletion that many steps went before. */
const STEP = { before: NOON - 99 * DAY_MS, limit: 5 }

describe('statements over many rows read few', () => {
  let store: PgliteClient
  beforeAll(async () => {
    store = await createPglite(null, { onNotice: () => {} })
    for (const statement of FILL) await store.query(statement)
  })
  afterAll(() => store.close())

  const GO = () => ({ kind: 'go' }) as const
  const now = NOON + HOUR_MS
  const old = userId('u0')
  const cases: readonly [string, (client: SqlClient) => Promise<unknown>][] = [
    [
      'due sends of a channel that has none',
      (sql) => sendStore(sql, true).claim({ now, limit: 5, channels: ['push'] }, GO),
    ],
    [
      'due sends of channels that have none',
      (sql) => sendStore(sql, true).claim({ now, limit: 5, channels: ['push', 'sms', 'webhook'] }, GO),
    ],
    ['five of many due sends', (sql) => sendStore(sql, true).claim({ now, limit: 5, channels: ['email'] }, GO)],
    ['when the next send is due', (sql) => sendStore(sql, true).nextDueAt()],
    ['plans that are due', (sql) => sendStore(sql, true).duePlanned(now, 5)],
    ['five of many proposals that lapsed', (sql) => opportunityStore(sql).closeExpired(now, 5)],
    ['a user of many sends', (sql) => userStore(sql).loadStates([old], now)],
    [
      'the last send of a user of many',
      (sql) => decisionStore(sql).lastSentFor([{ userId: old, channel: 'email', since: now - DAY_MS, at: now }]),
    ],
    ['what a user of many sends brought', (sql) => decisionStore(sql).totals(now - DAY_MS, now, [old])],
    [
      'a proposal that replaces one of many',
      (sql) =>
        opportunityStore(sql).insertMany(
          [exampleOpportunity('new', 'u0', { supersedes: opportunityId('p1'), dedupeKey: 'key' })],
          now,
        ),
    ],
    [
      'a step of deleting decisions after many of them',
      (sql) => retentionStore(sql).decisions({ ...STEP, after: [NOON - 100 * DAY_MS + 2_990, 'e2990'] }),
    ],
    [
      'a step of deleting outcomes after many of them',
      (sql) => retentionStore(sql).outcomes({ ...STEP, after: [NOON - 100 * DAY_MS + 2_990, 'm2990'] }),
    ],
    [
      'a step of deleting proposals after many of them',
      (sql) => retentionStore(sql).opportunities({ ...STEP, before: NOON, after: [NOON - 90 * DAY_MS, 'p993'] }),
    ],
    [
      'a step of deleting exposures after many of them',
      (sql) => retentionStore(sql).exposures('x', { ...STEP, after: ['u993', -1, 'a'] }),
    ],
    ['when the oldest decision was made', (sql) => retentionStore(sql).oldestDecision()],
    ['of which experiments there are exposures', (sql) => retentionStore(sql).exposureKeys()],
    ['what stands open for a user of many proposals', (sql) => opportunityStore(sql).openFor([old], now)],
  ]

  it.each(cases)('%s', async (_, ask) => {
    const { client, read } = counting(store)
    await ask(client)
    expect(read()).toBeLessThan(FEW)
  })
})

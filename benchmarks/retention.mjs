// Whether a store that keeps days stops growing, and how long others wait while it deletes.
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { makeDatabase } from './measure/database.mjs'
import { machine } from './measure/machine.mjs'
import { flagsOf, publish, table } from './measure/report.mjs'

const flags = flagsOf({
  days: { type: 'string', default: '90' },
  keep: { type: 'string', default: '30' },
  users: { type: 'string', default: '1000' },
  store: { type: 'string', default: 'embedded' },
  'database-url': { type: 'string', default: 'postgres://postgres@127.0.0.1:5432/test' },
})
const days = Number(flags.days)
const keepDays = Number(flags.keep)
const users = Number(flags.users)
const DAY_MS = 86_400_000
const START = Date.UTC(2026, 2, 1)
const BATCH = 500
const MIB = 2 ** 20
/** Days between two lines of the table. */
const LINE_DAYS = 10
/** Days that are deleted at once where others are watched. */
const BACKLOG_DAYS = 10
/** As the job of a server rests after a step (usecases/retainer.ts). */
const REST_SHARE = 4
const PROBE_EVERY_MS = 10
const IDLE_PROBES = 300

const built = (path) => import(new URL(`../packages/server/dist/${path}`, import.meta.url).href)
const { createApp } = await built('app.js')
const { defineConfig } = await built('config/define-config.js')
const { runtimeFrom } = await built('config/runtime.js')

const note = (text) => process.stderr.write(`${text}\n`)
const ids = Array.from({ length: users }, (_, i) => i)
const quantile = (values, share) =>
  [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? Number.NaN

function open({ dataDir, databaseUrl, storeDays }) {
  const config = defineConfig({
    rules: { caps: [], gaps: [], quietHours: [], slots: { localHours: [], horizonHours: 0 } },
    groups: { paloma: { share: 1_000_000, policy: { kind: 'random', holdProbability: 0.3 } } },
    learning: { everyMinutes: 1_440 },
    limits: { userStatesInMemory: users },
    retention: { storeDays },
  })
  const env = { PALOMA_DATA_DIR: dataDir, PALOMA_VIRTUAL_CLOCK: new Date(START).toISOString() }
  return createApp(config, runtimeFrom({ ...env, ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }) }))
}

async function inBatches(items, put) {
  for (let from = 0; from < items.length; from += BATCH) {
    const refused = (await put(items.slice(from, from + BATCH))).find(({ ok }) => !ok)
    if (refused !== undefined) throw new Error(`refused: ${JSON.stringify(refused.error)}`)
  }
}

const content = { 'in-app': { title: 'News', body: 'Look, there is something new for you today' } }

function proposalOf(day, i, message) {
  const notBefore = START + day * DAY_MS
  return {
    ...{ id: `o-${day}-${i}-${message}`, producer: 'shop', userId: `user-${i}`, message, category: 'marketing' },
    ...{ topic: 'offers', channels: ['in-app'], variants: [{ name: 'v', content }] },
    ...{ window: { notBefore, expires: notBefore + DAY_MS }, claims: [], features: { discount: (i % 4) / 10 } },
  }
}

function eventOf(day, i, name, at) {
  const properties = { decisionId: `d-${day}-${i}`, revenue: 20 + (i % 40) }
  const of = { type: 'track', messageId: `e-${day}-${i}-${name}`, userId: `user-${i}`, name, timestamp: at }
  return { ...of, properties, traits: {}, context: {} }
}

/** One day of every user: two proposals, a decision that goes out or holds, a visit, and an order of every tenth. */
async function live({ usecases, due }, day) {
  const noon = START + day * DAY_MS + DAY_MS / 2
  await usecases.clock.advance(noon)
  await inBatches(
    ids.flatMap((i) => ['price-drop', 'digest'].map((message) => proposalOf(day, i, message))),
    (items) => usecases.opportunities.propose(items),
  )
  await inBatches(
    ids.map((i) => ({ decisionId: `d-${day}-${i}`, userId: `user-${i}`, context: {}, deliver: true })),
    (items) => usecases.decisions.decide(items),
  )
  await usecases.clock.advance(noon + DAY_MS / 4)
  const events = ids.flatMap((i) => [
    eventOf(day, i, 'App Visited', noon + DAY_MS / 4),
    ...((i + day) % 10 === 0 ? [eventOf(day, i, 'Order Completed', noon + DAY_MS / 4)] : []),
  ])
  await inBatches(events, (items) => usecases.events.ingest(items))
  await usecases.clock.advance(START + (day + 1) * DAY_MS)
  // What the job of a server does within minutes of midnight.
  await due.exportHistory()
}

function bytesIn(dir) {
  if (!existsSync(dir)) return 0
  return readdirSync(dir, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(dir, entry.name)
    return sum + (entry.isDirectory() ? bytesIn(path) : statSync(path).size)
  }, 0)
}

function findBase(dir) {
  const found = readdirSync(dir, { withFileTypes: true, recursive: true }).find(
    (entry) => entry.isDirectory() && entry.name === 'base',
  )
  return join(found.parentPath, 'base')
}

async function withStore(name, work) {
  const dataDir = mkdtempSync(join(tmpdir(), 'paloma-keep-'))
  const database = flags.store === 'embedded' ? undefined : await makeDatabase(flags['database-url'], `_${name}`)
  const bytes = () => (database === undefined ? bytesIn(findBase(dataDir)) : database.bytes())
  try {
    return await work({ dataDir, databaseUrl: database?.url, bytes })
  } finally {
    await database?.drop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Size of the store day by day, and how long each midnight's deletion took. */
function grow(storeDays) {
  return withStore(storeDays === null ? 'ever' : 'days', async ({ bytes, ...where }) => {
    const app = await open({ ...where, storeDays })
    const deleting = []
    const { retain } = app.due
    app.due.retain = async (steps) => {
      const start = performance.now()
      const rows = await retain(steps)
      if (rows > 0) deleting.push(performance.now() - start)
      return rows
    }
    await inBatches(
      ids.map((i) => ({ userId: `user-${i}`, traits: { plan: i % 3 } })),
      (items) => app.usecases.users.upsert(items),
    )
    const lines = []
    for (let day = 0; day < days; day += 1) {
      await live(app, day)
      if ((day + 1) % LINE_DAYS !== 0) continue
      const line = { day: day + 1, decisions: await app.store.decisions.count(), mib: (await bytes()) / MIB }
      lines.push({ ...line, deletingMs: quantile(deleting.splice(0), 0.5) })
      note(`${storeDays ?? 'all'} days kept: ${JSON.stringify(lines.at(-1))}`)
    }
    const waits = storeDays === null ? undefined : await watch(app)
    await app.close()
    return { storeDays, lines, waits }
  })
}

/** How long single decisions take alone, and while some days are deleted with the rests of the job. */
async function watch(app) {
  const { retain } = app.due
  app.due.retain = async () => 0
  for (let day = days; day < days + BACKLOG_DAYS; day += 1) await live(app, day)
  let asked = 0
  const probe = async () => {
    const start = performance.now()
    const decisionId = `probe-${asked++}`
    const [answer] = await app.usecases.decisions.decide([
      { decisionId, userId: `user-${asked % users}`, context: {}, deliver: false },
    ])
    if (!answer.ok) throw new Error(`refused: ${JSON.stringify(answer.error)}`)
    return performance.now() - start
  }
  const alone = []
  for (let i = 0; i < IDLE_PROBES; i += 1) {
    alone.push(await probe())
    await pause(PROBE_EVERY_MS)
  }
  let rows = 0
  let isOver = false
  const start = performance.now()
  const steps = []
  const deleting = (async () => {
    for (;;) {
      const from = performance.now()
      const done = await retain(1)
      steps.push(performance.now() - from)
      if (done === 0) break
      rows += done
      await pause(Math.min(REST_SHARE * steps.at(-1), 1_000))
    }
    isOver = true
  })()
  const meanwhile = []
  while (!isOver) {
    meanwhile.push(await probe())
    await pause(PROBE_EVERY_MS)
  }
  await deleting
  return { rows, seconds: (performance.now() - start) / 1_000, longestStepMs: Math.max(...steps), alone, meanwhile }
}

const before = machine()
const [ever, kept] = [await grow(null), await grow(keepDays)]
const rows = kept.lines.map((line, i) => [
  String(line.day),
  ever.lines[i].decisions.toString(),
  ever.lines[i].mib.toFixed(0),
  line.decisions.toString(),
  line.mib.toFixed(0),
  Number.isNaN(line.deletingMs) ? '' : line.deletingMs.toFixed(0),
])
const shown = (values) => [0.5, 0.99, 1].map((share) => quantile(values, share).toFixed(1))
const { waits } = kept
publish(
  {
    title: `a store that keeps ${keepDays} of ${days} days (${flags.store})`,
    command: `npm run bench:retention -- --days ${days} --keep ${keepDays} --users ${users} --store ${flags.store}`,
    machine: before,
    body: [
      table([['day', 'decisions, all kept', 'MiB', `${keepDays} days kept`, 'MiB', 'ms to delete a day'], ...rows]),
      table([
        ['one decision', 'median ms', '99 %', 'longest'],
        ['alone', ...shown(waits.alone)],
        [`while ${BACKLOG_DAYS} days are deleted`, ...shown(waits.meanwhile)],
      ]),
    ].join('\n\n'),
    remarks: [
      `${users} users a day: two proposals, a decision (seven of ten go out in-app), a visit, every tenth an order. MiB are files of tables and indexes, without the log of the database. Deleting ${BACKLOG_DAYS} days at once: ${waits.rows} rows in ${waits.seconds.toFixed(1)} s with the rests of a server, the longest step ${waits.longestStepMs.toFixed(0)} ms.`,
    ],
    results: [ever, kept],
  },
  flags,
)

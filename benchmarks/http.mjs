// Decisions per CPU-second of a real server with its log on, against a bare node:http JSON echo.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startChild } from './measure/child.mjs'
import { makeDatabase } from './measure/database.mjs'
import { httpClient } from './measure/http-client.mjs'
import { machine } from './measure/machine.mjs'
import { flagsOf, publish, table } from './measure/report.mjs'
import { median } from './measure/summary.mjs'
import { seedUsers } from './scenes/http-users.mjs'

const flags = flagsOf({
  rounds: { type: 'string', default: '5' },
  requests: { type: 'string', default: '4000' },
  users: { type: 'string', default: '1000' },
  connections: { type: 'string', default: '64' },
  'database-url': { type: 'string', default: 'postgres://postgres@127.0.0.1:5432/test' },
  only: { type: 'string' },
  beside: { type: 'string' },
  'node-flag': { type: 'string', multiple: true, default: [] },
})
const rounds = Number(flags.rounds)
const requests = Number(flags.requests)
const users = Number(flags.users)
const connections = Number(flags.connections)
const BATCH = 1_000
const TARGET_SINGLE = 0.5
const TARGET_BATCH = 20
const file = (path) => fileURLToPath(new URL(path, import.meta.url))

let nextId = 0
let nextPort = 0

function decisionBody() {
  const i = nextId++
  return {
    decisionId: `d-${process.pid}-${i}`,
    userId: `user-${i % users}`,
    context: { screen: 'home' },
    deliver: false,
  }
}

/** Keeps `connections` requests under way until `count` are answered. */
async function load(count, request) {
  let left = count
  const one = async () => {
    while (left > 0) {
      left -= 1
      await request()
    }
  }
  await Promise.all(Array.from({ length: Math.min(connections, count) }, one))
}

/** Requests of one kind with the CPU time the server spent on them. */
async function timed(child, work, units) {
  const before = await child.usage()
  const start = performance.now()
  await work()
  const seconds = (performance.now() - start) / 1_000
  const after = await child.usage()
  return { perCpuSecond: units / (after.cpuSeconds - before.cpuSeconds), perSecond: units / seconds }
}

async function startEcho() {
  const child = await startChild([file('./scenes/echo-server.mjs')], { isUp: (text) => text.includes('echo on') })
  const { post, close } = httpClient(/http:\S+/.exec(child.output)[0], { key: 'none', connections })
  const work = (count) => load(count, () => post('/', decisionBody()))
  return { child, kinds: { echo: (count) => timed(child, () => work(count), count) }, close }
}

/** The server of this checkout, or of another built one. */
async function startPaloma(name, databaseUrl, checkout = file('..')) {
  const dataDir = mkdtempSync(join(tmpdir(), 'paloma-bench-'))
  const store = databaseUrl === undefined ? [] : ['--database-url', databaseUrl]
  const port = String(20_000 + (process.pid % 20_000) + nextPort++)
  const child = await startChild(
    [
      ...flags['node-flag'],
      join(checkout, 'packages/server/dist/main.js'),
      'serve',
      '--data-dir',
      dataDir,
      '--port',
      port,
      '--config',
      file('./scenes/http.config.json'),
      ...store,
    ],
    { isUp: (text) => /first API key/.test(text) && /listens on/.test(text) },
  )
  const { rss: idleRss } = await child.usage()
  const { post, close } = httpClient(`http://127.0.0.1:${port}`, {
    key: /pk_[\w-]+/.exec(child.output)[0],
    connections,
  })
  await seedUsers(post, users)
  const decideOne = () => post('/v1/decisions', decisionBody())
  const decideMany = () => post('/v1/decisions/batch', { items: Array.from({ length: BATCH }, decisionBody) })
  await checkScene(post, decideOne)
  return {
    name,
    child,
    idleRss,
    kinds: {
      [`${name}, single`]: (count) => timed(child, () => load(count, decideOne), count),
      [`${name}, by ${BATCH}`]: (count) => timed(child, () => load(count / BATCH, decideMany), count),
    },
    async close() {
      await close()
      await child.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** What is measured must be a decision among 20 candidates that lies in the log. */
async function checkScene(post, decideOne) {
  const { decisionId } = await decideOne()
  const { identical } = await post(`/v1/decisions/${decisionId}/replay`, {})
  if (!identical) throw new Error(`decision ${decisionId} does not replay`)
}

async function measure(parties) {
  const kinds = Object.assign({}, ...parties.map((party) => party.kinds))
  const seen = Object.fromEntries(Object.keys(kinds).map((name) => [name, []]))
  for (const run of Object.values(kinds)) await run(Math.max(BATCH, requests / 2))
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, run] of Object.entries(kinds)) seen[name].push(await run(requests))
  }
  return seen
}

function rowsOf(seen) {
  const middle = (name, member) => median(seen[name].map((each) => each[member]))
  const echo = seen.echo === undefined ? Number.NaN : middle('echo', 'perCpuSecond')
  return Object.keys(seen).map((name) => {
    const values = seen[name].map(({ perCpuSecond }) => perCpuSecond)
    const perCpuSecond = median(values)
    const single = name.endsWith(`by ${BATCH}`) ? middle(name.replace(`by ${BATCH}`, 'single'), 'perCpuSecond') : null
    return {
      name,
      perCpuSecond,
      low: Math.min(...values),
      high: Math.max(...values),
      perSecond: middle(name, 'perSecond'),
      toEcho: perCpuSecond / echo,
      toSingle: single === null ? null : perCpuSecond / single,
    }
  })
}

function verdictOf({ name, toEcho, toSingle }) {
  if (name === 'echo') return ''
  const [value, target, unit] = toSingle === null ? [toEcho, TARGET_SINGLE, 'echo'] : [toSingle, TARGET_BATCH, 'single']
  return `≥ ${target} × ${unit}: ${value >= target ? 'holds' : 'missed'}`
}

function bodyOf(rows) {
  const head = ['server, request', 'per CPU-second (least–most)', 'per second', '× echo', '× single', 'target']
  const cells = rows.map((row) => [
    row.name,
    `${row.perCpuSecond.toFixed(0)} (${row.low.toFixed(0)}–${row.high.toFixed(0)})`,
    row.perSecond.toFixed(0),
    row.toEcho.toFixed(3),
    row.toSingle?.toFixed(2) ?? '',
    verdictOf(row),
  ])
  return table([head, ...cells])
}

const before = machine()
const database = flags.only === 'embedded' ? undefined : await makeDatabase(flags['database-url'])
const other =
  flags.beside === undefined || database === undefined
    ? undefined
    : await makeDatabase(flags['database-url'], '_beside')
const parties = [await startEcho()]
try {
  if (flags.only !== 'postgresql') parties.push(await startPaloma('embedded store'))
  if (database !== undefined) parties.push(await startPaloma('PostgreSQL', database.url))
  if (flags.beside !== undefined) {
    if (flags.only !== 'postgresql') parties.push(await startPaloma('embedded store, beside', undefined, flags.beside))
    if (other !== undefined) parties.push(await startPaloma('PostgreSQL, beside', other.url, flags.beside))
  }
  const rows = rowsOf(await measure(parties))
  const memory = []
  for (const { name, child, idleRss } of parties.slice(1)) {
    const { rss } = await child.usage()
    memory.push(`${name} ${(idleRss / 2 ** 20).toFixed(0)} MiB idle, ${(rss / 2 ** 20).toFixed(0)} MiB after the run`)
  }
  publish(
    {
      title: 'HTTP decisions per CPU-second',
      command: 'npm run bench:http',
      machine: before,
      body: bodyOf(rows),
      remarks: [
        `Medians of ${rounds} rounds of ${requests} decisions, ${users} users with 20 candidates each, ${connections} connections, Thompson, every decision written before it is answered. CPU time of the server process alone, all its threads; PostgreSQL's own processes are not in. Memory: ${memory.join('; ')}.`,
      ],
      rows,
    },
    flags,
  )
} finally {
  for (const party of parties)
    await (party.child === parties[0].child ? party.close().then(() => party.child.stop()) : party.close())
  await database?.drop()
  await other?.drop()
}

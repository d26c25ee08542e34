// What a server does as its store fills: time per decision, latencies and memory from the first tenth of a run to the last.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startChild } from './measure/child.mjs'
import { makeDatabase } from './measure/database.mjs'
import { httpClient } from './measure/http-client.mjs'
import { machine } from './measure/machine.mjs'
import { flagsOf, publish, table } from './measure/report.mjs'
import { decisionOf, eventsOf, proposalsOf, userOf } from './scenes/soak-people.mjs'

const flags = flagsOf({
  users: { type: 'string', default: '100000' },
  decisions: { type: 'string', default: '100000' },
  workers: { type: 'string', default: '4' },
  store: { type: 'string', default: 'postgresql' },
  'database-url': { type: 'string', default: 'postgres://postgres@127.0.0.1:5432/test' },
  keep: { type: 'boolean', default: false },
})
const users = Number(flags.users)
const decisions = Number(flags.decisions)
const workers = Number(flags.workers)
const PARTS = 10
const USERS_AT_ONCE = 1_000
/** Decisions of one step; with two proposals each they fill one request of the API. */
const STEP = 500
/** Decisions asked for one by one after each step. */
const SINGLES = 10
/** Coprime to the number of users, so that those who come one after the other lie apart. */
const STRIDE = 7_919
const MIB = 2 ** 20
const file = (path) => fileURLToPath(new URL(path, import.meta.url))

const note = (text) => process.stderr.write(`${text}\n`)
const ofUser = (n) => (n * STRIDE) % users
const range = (from, count) => Array.from({ length: count }, (_, i) => from + i)
const quantile = (values, share) => values[Math.min(values.length - 1, Math.floor(share * values.length))] ?? Number.NaN

/** A gateway that takes every message. */
async function startGateway() {
  let taken = 0
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      taken += 1
      response.writeHead(200).end()
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    taken: () => taken,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function configFor(dir, gateway) {
  const config = JSON.parse(readFileSync(file('./scenes/soak.config.json'), 'utf8'))
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const adapters = {
    email: { kind: 'webhook', url: gateway.url, secret, timeoutMs: 10_000 },
    'in-app': { kind: 'inbox' },
  }
  const path = join(dir, 'config.json')
  writeFileSync(path, JSON.stringify({ ...config, adapters }))
  return path
}

function startServer({ dir, config, databaseUrl }) {
  const store = databaseUrl === undefined ? [] : ['--database-url', databaseUrl]
  const where = ['--data-dir', join(dir, 'data'), '--config', config, '--port', '0']
  return startChild([file('../packages/server/dist/main.js'), 'serve', ...where, ...store], {
    isUp: (text) => text.includes('listens on'),
  })
}

const originOf = ({ output }) => /listens on (http:\S+)/.exec(output)[1]

async function together(count, work) {
  let next = 0
  const one = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: workers }, one))
}

async function postItems(client, path, items) {
  const body = path === '/v1/batch' ? { batch: items } : { items }
  const { results } = await client.post(path, body)
  const refused = results.find(({ ok }) => !ok)
  if (refused !== undefined) throw new Error(`${path} refused an item: ${JSON.stringify(refused.error)}`)
}

async function loadUsers(client) {
  await together(Math.ceil(users / USERS_AT_ONCE), (page) => {
    const from = page * USERS_AT_ONCE
    return postItems(client, '/v1/users/batch', range(from, Math.min(USERS_AT_ONCE, users - from)).map(userOf))
  })
}

/** Proposals, decisions that go out, what people did, and a few decisions one by one; `took` hears how long each took, in ms. */
async function step(client, from, took) {
  const timed = async (what, work) => {
    const start = performance.now()
    await work()
    took(what, performance.now() - start)
  }
  const all = range(from, STEP).map((n) => [n, ofUser(n)])
  await timed('proposals', () =>
    postItems(
      client,
      '/v1/opportunities',
      all.flatMap(([n, i]) => proposalsOf(n, i)),
    ),
  )
  await timed('decisions', () =>
    postItems(
      client,
      '/v1/decisions/batch',
      all.map(([n, i]) => decisionOf(n, i)),
    ),
  )
  await timed('events', () =>
    postItems(
      client,
      '/v1/batch',
      all.slice(0, STEP / 2).flatMap(([n, i]) => eventsOf(n, i)),
    ),
  )
  await timed('events', () =>
    postItems(
      client,
      '/v1/batch',
      all.slice(STEP / 2).flatMap(([n, i]) => eventsOf(n, i)),
    ),
  )
  for (const [n, i] of all.slice(0, SINGLES)) {
    const body = { ...decisionOf(n, i), decisionId: `single-${n}`, deliver: false }
    await timed('single', () => client.post('/v1/decisions', body))
  }
}

/** One part of the run: CPU time of the server and latencies. */
async function part(server, client, { from, steps, database }) {
  const latencies = { proposals: [], decisions: [], events: [], single: [] }
  const before = await server.usage()
  const start = performance.now()
  await together(steps, (k) => step(client, from + k * STEP, (what, ms) => latencies[what].push(ms)))
  const seconds = (performance.now() - start) / 1_000
  const after = await server.usage()
  const made = steps * (STEP + SINGLES)
  const latency = Object.fromEntries(
    Object.entries(latencies).map(([what, values]) => {
      const sorted = values.sort((a, b) => a - b)
      return [what, { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), most: sorted.at(-1) }]
    }),
  )
  return {
    seconds,
    decisionsPerSecond: made / seconds,
    cpuMsPerDecision: ((after.cpuSeconds - before.cpuSeconds) * 1_000) / made,
    rssMiB: after.rss / MIB,
    storeMiB: ((await database?.bytes()) ?? Number.NaN) / MIB,
    latency,
  }
}

async function timedMs(work) {
  const start = performance.now()
  await work()
  return performance.now() - start
}

const gauge = (text, name) => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1] ?? 0)

/** Waits until nothing is left to hand over; seconds. */
async function drained(client) {
  const start = performance.now()
  for (;;) {
    const text = await client.get('/metrics')
    if (gauge(text, 'paloma_sends{status="reserved"}') + gauge(text, 'paloma_sends{status="dispatching"}') === 0) break
    await pause(1_000)
  }
  return (performance.now() - start) / 1_000
}

/** Single things that an owner does with a full store, in ms. */
async function afterwards(client) {
  const first = ofUser(0)
  return {
    metrics: await timedMs(() => client.get('/metrics')),
    ready: await timedMs(() => client.get('/readyz')),
    timeline: await timedMs(() => client.get(`/v1/users/user-${first}/timeline`)),
    decisionsPage: await timedMs(() => client.get('/v1/decisions?limit=50')),
    merge: await timedMs(() =>
      client.post('/v1/alias', { previousId: `user-${ofUser(1)}`, userId: `user-${ofUser(2)}` }),
    ),
    erasure: await timedMs(() => client.delete(`/v1/users/user-${first}`)),
  }
}

async function soak({ dir, config, database, gateway }) {
  const databaseUrl = database?.url
  let server = await startServer({ dir, config, databaseUrl })
  const key = /pk_[\w-]+/.exec(server.output)[0]
  let client = httpClient(originOf(server), { key, connections: workers })
  try {
    const loaded = await timedMs(() => loadUsers(client))
    note(`${users} users in ${(loaded / 1_000).toFixed(0)} s`)
    const steps = Math.max(1, Math.round(decisions / STEP / PARTS))
    const parts = []
    for (let k = 0; k < PARTS; k += 1) {
      parts.push(await part(server, client, { from: k * steps * STEP, steps, database }))
      const { decisionsPerSecond, cpuMsPerDecision, rssMiB, latency } = parts.at(-1)
      note(
        `part ${k + 1}: ${decisionsPerSecond.toFixed(0)}/s, ${cpuMsPerDecision.toFixed(3)} ms CPU, ${rssMiB.toFixed(0)} MiB, single p99 ${latency.single.p99.toFixed(1)} ms, batch p99 ${latency.decisions.p99.toFixed(0)} ms, ${gateway.taken()} e-mails`,
      )
    }
    const drainedSeconds = await drained(client)
    const things = await afterwards(client)
    await client.close()
    await server.stop()
    const start = performance.now()
    server = await startServer({ dir, config, databaseUrl })
    client = httpClient(originOf(server), { key, connections: workers })
    things.start = performance.now() - start
    return {
      users,
      decisions: steps * PARTS * (STEP + SINGLES),
      loadedSeconds: loaded / 1_000,
      parts,
      drainedSeconds,
      things,
    }
  } finally {
    await client.close()
    await server.stop()
  }
}

const ms = (value) => (value < 10 ? value.toFixed(1) : value.toFixed(0))

function bodyOf({ parts }) {
  const head = [
    'part',
    'decisions/s',
    'server CPU ms per decision',
    'single p50, p99',
    'by 500 p50, p99',
    'proposals by 1000',
    'events p50, p99',
    'server MiB',
    'store MiB',
  ]
  const two = ({ p50, p99 }) => `${ms(p50)}, ${ms(p99)}`
  const cells = parts.map(({ decisionsPerSecond, cpuMsPerDecision, rssMiB, storeMiB, latency }, k) => [
    String(k + 1),
    decisionsPerSecond.toFixed(0),
    cpuMsPerDecision.toFixed(3),
    two(latency.single),
    two(latency.decisions),
    two(latency.proposals),
    two(latency.events),
    rssMiB.toFixed(0),
    storeMiB.toFixed(0),
  ])
  return table([head, ...cells])
}

const before = machine()
const dir = mkdtempSync(join(tmpdir(), 'paloma-soak-'))
const gateway = await startGateway()
const database = flags.store === 'embedded' ? undefined : await makeDatabase(flags['database-url'], '_soak')
try {
  const config = configFor(dir, gateway)
  const result = await soak({ dir, config, database, gateway })
  const [first, last] = [result.parts[0], result.parts.at(-1)]
  const ratios = {
    cpuLastToFirst: last.cpuMsPerDecision / first.cpuMsPerDecision,
    secondsLastToFirst: last.seconds / first.seconds,
    memoryLastToFirst: last.rssMiB / first.rssMiB,
  }
  const things = Object.entries(result.things).map(([name, value]) => `${name} ${ms(value)}`)
  publish(
    {
      title: `${users} users, ${result.decisions} decisions`,
      command: `npm run bench:soak -- --users ${users} --decisions ${decisions} --store ${flags.store}`,
      machine: before,
      body: bodyOf(result),
      remarks: [
        `Last part to first: CPU per decision × ${ratios.cpuLastToFirst.toFixed(2)}, time × ${ratios.secondsLastToFirst.toFixed(2)}, memory × ${ratios.memoryLastToFirst.toFixed(2)}. ${gateway.taken()} e-mails went out, the last ${result.drainedSeconds.toFixed(0)} s after the last decision. Then, in ms: ${things.join(', ')}.`,
      ],
      ratios,
      result,
    },
    flags,
  )
} finally {
  gateway.close()
  if (flags.keep) note(`kept: ${dir} ${database?.url ?? ''}`)
  else rmSync(dir, { recursive: true, force: true })
  if (!flags.keep) await database?.drop()
}
process.exit(0)

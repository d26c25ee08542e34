// How long a server learns from the decisions of the last weeks again, after its features changed.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { machine } from './measure/machine.mjs'
import { flagsOf, publish, table } from './measure/report.mjs'
import { LOG_STARTS_AT, objectivesOf, writeLog } from './scenes/long-log.mjs'

const flags = flagsOf({
  decisions: { type: 'string', default: '100000' },
  days: { type: 'string', default: '28' },
  objectives: { type: 'string', default: 'default,sends' },
})
const days = Number(flags.days)
const users = Math.ceil(Number(flags.decisions) / days)

const built = (path) => import(new URL(`../packages/server/dist/${path}`, import.meta.url).href)
const { createApp } = await built('app.js')
const { defineConfig } = await built('config/define-config.js')
const { defaultConfig } = await built('config/default-config.js')
const { runtimeFrom } = await built('config/runtime.js')

/** While the log is written, every midnight is learned from. */
const DAY_MINUTES = 1_440
const PLAN = { kind: 'category', source: 'user', name: 'plan', values: ['free', 'plus'] }

function appOf(kind, { dataDir, features, print }) {
  const config = defineConfig({
    objectives: objectivesOf(kind, defaultConfig.objectives),
    features: { features, messageBuckets: 8 },
    rules: { caps: [], gaps: [], quietHours: [], slots: { localHours: [], horizonHours: 0 } },
    groups: { paloma: { share: 1_000_000, policy: { kind: 'random', holdProbability: 0.3 } } },
    learning: { ...defaultConfig.learning, everyMinutes: DAY_MINUTES, relearnDays: days },
    limits: { userStatesInMemory: users },
  })
  const env = { PALOMA_DATA_DIR: dataDir, PALOMA_VIRTUAL_CLOCK: LOG_STARTS_AT }
  return createApp(config, runtimeFrom(env), print)
}

/** Seconds of the clock and of the processor, and how long others waited for their turn, in milliseconds. */
async function timed(work) {
  const waits = monitorEventLoopDelay({ resolution: 5 })
  waits.enable()
  await pause(50)
  const [start, cpu] = [performance.now(), process.cpuUsage()]
  await work()
  const { user, system } = process.cpuUsage(cpu)
  const seconds = (performance.now() - start) / 1_000
  await pause(50)
  waits.disable()
  return { seconds, cpuSeconds: (user + system) / 1e6, wait99: waits.percentile(99) / 1e6, longest: waits.max / 1e6 }
}

async function measured(kind) {
  const dataDir = mkdtempSync(join(tmpdir(), 'paloma-relearn-'))
  const note = (text) => process.stderr.write(`${kind}: ${text}\n`)
  try {
    const first = await appOf(kind, { dataDir, features: [] })
    let learnedCpuSeconds = 0
    await writeLog(first, {
      users,
      days,
      async midnight(day, pass) {
        learnedCpuSeconds += (await timed(pass)).cpuSeconds
        note(`day ${day + 1} of ${days} is written`)
      },
    })
    await first.close()
    const lines = []
    const second = await appOf(kind, { dataDir, features: [PLAN], print: (line) => lines.push(line) })
    const relearned = await timed(() => second.due.learn())
    for (const line of lines) note(line)
    const { heads } = await second.store.registry.latestState()
    await second.close()
    return { kind, learnedCpuSeconds, relearned, heads: Object.keys(heads).length, learned: heads.conversion.n }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

const before = machine()
const decisions = users * days
const results = []
for (const kind of flags.objectives.split(',')) results.push(await measured(kind))
const rows = results.map(({ kind, heads, learned, learnedCpuSeconds, relearned }) => [
  kind,
  String(heads),
  String(learned),
  learnedCpuSeconds.toFixed(0),
  relearned.seconds.toFixed(0),
  relearned.cpuSeconds.toFixed(0),
  Math.round(decisions / relearned.cpuSeconds).toString(),
  relearned.wait99.toFixed(0),
  relearned.longest.toFixed(0),
])
publish(
  {
    title: `learning again from ${decisions} decisions`,
    command: `npm run bench:relearn -- --decisions ${flags.decisions} --days ${flags.days} --objectives ${flags.objectives}`,
    machine: before,
    body: table([
      [
        'objectives',
        'heads',
        'rewards of conversion',
        'CPU s to learn day by day',
        's to learn again',
        'CPU s',
        'decisions per CPU s',
        'ms others wait, 99 %',
        'longest',
      ],
      ...rows,
    ]),
    remarks: [
      `Embedded store on disk; ${users} users decide once a day for ${days} days among 8 candidates, every eighth decision is answered and every fiftieth brings an order; then one feature of users is added. CPU time of the process with all its threads, one run each.`,
    ],
    results,
  },
  flags,
)

// From a clean clone to the first decision, with install and build; then once installed; and the memory of an idle server.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startChild } from './measure/child.mjs'
import { machine } from './measure/machine.mjs'
import { flagsOf, publish, table } from './measure/report.mjs'
import { median } from './measure/summary.mjs'

const flags = flagsOf({
  starts: { type: 'string', default: '3' },
  'skip-install': { type: 'boolean', default: false },
})
const starts = Number(flags.starts)
const TARGET_CLEAN_S = 120
const TARGET_INSTALLED_S = 5
const SETTLE_MS = 5_000
const ROOT = fileURLToPath(new URL('..', import.meta.url))
const work = mkdtempSync(join(tmpdir(), 'paloma-start-'))
let nextPort = 30_000 + (process.pid % 20_000)

function isUp(text) {
  return /first API key/.test(text) && /listens on/.test(text)
}

async function post(origin, key, { path, body }) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
  const answer = await fetch(`${origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`POST ${path}: ${answer.status} ${await answer.text()}`)
  return answer.json()
}

/** What a newcomer does: a user, a proposal, a decision. */
async function firstDecision(output, port) {
  const origin = `http://127.0.0.1:${port}`
  const [key] = /pk_[\w-]+/.exec(output)
  const proposal = {
    id: 'o1',
    producer: 'shop',
    userId: 'ann',
    message: 'welcome',
    channels: ['in-app'],
    content: { 'in-app': { title: 'Hello', body: 'Good to see you' } },
    window: { expires: Date.now() + 86_400_000 },
  }
  await post(origin, key, { path: '/v1/users', body: { userId: 'ann' } })
  await post(origin, key, { path: '/v1/opportunities', body: proposal })
  const { action } = await post(origin, key, { path: '/v1/decisions', body: { decisionId: 'd1', userId: 'ann' } })
  if (action === undefined) throw new Error('the first decision has no action')
}

/** Seconds from nothing to the first decision, by the command of the README. `begin` may prepare within the time. */
async function serveByNpm(cwd, env, begin = () => {}) {
  const port = String(nextPort++)
  const dataDir = join(work, `data-${port}`)
  const start = performance.now()
  begin()
  const child = spawn('npm', ['run', 'serve', '--', '--data-dir', dataDir, '--port', port], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let output = ''
  await new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        output += data
        if (isUp(output)) resolve()
      })
    }
    child.once('exit', (code) => reject(new Error(`npm run serve ended with ${code}:\n${output.slice(-2_000)}`)))
  })
  await firstDecision(output, port)
  const seconds = (performance.now() - start) / 1_000
  child.removeAllListeners('exit')
  const ended = once(child, 'exit')
  process.kill(-child.pid, 'SIGTERM')
  await ended
  return seconds
}

function npmSetting(name) {
  return spawnSync('npm', ['config', 'get', name], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  }).stdout.trim()
}

/** A home of its own, so that nothing of ours is cached there, with npm's settings and cache as they are. */
function newcomer() {
  return {
    HOME: join(work, 'home'),
    npm_config_cache: npmSetting('cache'),
    npm_config_userconfig: npmSetting('userconfig'),
  }
}

function clone(into) {
  const { status, stderr } = spawnSync('git', ['clone', '--quiet', '--no-local', ROOT, into], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`git clone failed: ${stderr}`)
}

/** The built server alone, without npm: seconds to the first decision and its memory once it rests. */
async function serveByNode() {
  const port = String(nextPort++)
  const start = performance.now()
  const args = [
    join(ROOT, 'packages/server/dist/main.js'),
    'serve',
    '--data-dir',
    join(work, `data-${port}`),
    '--port',
    port,
  ]
  const child = await startChild(args, { isUp })
  await firstDecision(child.output, port)
  const seconds = (performance.now() - start) / 1_000
  const { cpuSeconds } = await child.usage()
  await pause(SETTLE_MS)
  const { rss } = await child.usage()
  await child.stop()
  return { seconds, cpuSeconds, rss }
}

async function repeated(run) {
  const found = []
  for (let i = 0; i < starts; i += 1) found.push(await run())
  return found
}

function verdict(seconds, target) {
  return `≤ ${target} s: ${seconds <= target ? 'holds' : 'missed'}`
}

const before = machine()
try {
  const rows = [['from', 'seconds to the first decision', 'all runs', 'target']]
  const cloned = join(work, 'clone')
  if (!flags['skip-install']) {
    const seconds = await serveByNpm(cloned, newcomer(), () => clone(cloned))
    rows.push([
      'a clean clone: install, build, serve',
      seconds.toFixed(1),
      seconds.toFixed(1),
      verdict(seconds, TARGET_CLEAN_S),
    ])
  }
  const installed = await repeated(() => serveByNpm(flags['skip-install'] ? ROOT : cloned, {}))
  const shown = installed.map((value) => value.toFixed(1)).join(', ')
  rows.push([
    'installed: npm run serve',
    median(installed).toFixed(1),
    shown,
    verdict(median(installed), TARGET_INSTALLED_S),
  ])
  const bare = await repeated(serveByNode)
  const seconds = bare.map((each) => each.seconds)
  rows.push([
    'built: node packages/server/dist/main.js serve',
    median(seconds).toFixed(1),
    seconds.map((s) => s.toFixed(1)).join(', '),
    '',
  ])
  const cpuSeconds = median(bare.map((each) => each.cpuSeconds))
  const rss = median(bare.map((each) => each.rss)) / 2 ** 20
  publish(
    {
      title: 'start and idle memory',
      command: flags['skip-install'] ? 'npm run bench:start -- --skip-install' : 'npm run bench:start',
      machine: before,
      body: table(rows),
      remarks: [
        `Wall-clock time, embedded store, every start with an empty data directory; the first decision is a user, a proposal and a decision over HTTP. The clone begins without this project's cache; npm uses the machine's own cache and registry. The built server alone spends ${cpuSeconds.toFixed(1)} s of CPU time until then. Resident memory of the idle server ${SETTLE_MS / 1_000} s later: ${rss.toFixed(0)} MiB.`,
      ],
      rows,
    },
    flags,
  )
} finally {
  rmSync(work, { recursive: true, force: true })
}

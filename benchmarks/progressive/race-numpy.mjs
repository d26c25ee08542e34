import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { longTermBelief, packedIndex, randomFrom } from '@paloma/core'
import { ratioInterval } from '../measure/summary.mjs'
import { drawMessage, drawTrace, HORIZON, spansOf } from './generator.mjs'

const FILTER = fileURLToPath(new URL('numpy_filter.py', import.meta.url))
// Beliefs per turn: some 5 to 50 ms each.
const BELIEFS = { core: 2000, traces: 200, counts: 400 }
// One thread: NumPy's linear algebra on two is no faster at this size, and CPU time counts both.
const ONE_THREAD = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' }

/** Traces of the users of each message: four of five have run for 180 days, the others for less; users of the last 59 days have open days. */
function drawScene({ messages, users }) {
  return Array.from({ length: messages }, (_, m) => {
    const message = drawMessage(`race ${m}`, 0.8)
    const random = randomFrom(`race users ${m}`)
    const age = m % 5 === 0 ? 1 + ((m * 7) % HORIZON) : 180
    return Array.from({ length: users }, (_, u) =>
      drawTrace(message, random).subarray(0, Math.min(HORIZON, 1 + (u % age))),
    )
  })
}

function writeScene(folder, prior, traces) {
  const horizon = prior.mean.length
  const write = (name, values) =>
    writeFileSync(join(folder, `${name}.bin`), new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  const square = (packed) =>
    Float64Array.from(
      { length: horizon * horizon },
      (_, at) => packed[packedIndex(Math.floor(at / horizon), at % horizon)],
    )
  const flat = new Float64Array(traces.reduce((sum, { length }) => sum + length, 0) * horizon).fill(Number.NaN)
  traces.flat().forEach((trace, user) => {
    flat.set(trace, user * horizon)
  })
  writeFileSync(
    join(folder, 'about.json'),
    JSON.stringify({ horizon: horizon, users: traces.map(({ length }) => length) }),
  )
  write('mean', prior.mean)
  write('covariance', square(prior.covariance))
  write('noise', square(prior.noise))
  write('traces', flat)
}

function countsOf(traces, horizon) {
  const counts = { users: new Float64Array(horizon), sums: new Float64Array(horizon) }
  for (const trace of traces) {
    for (let j = 0; j < trace.length; j += 1) {
      counts.users[j] += 1
      counts.sums[j] += trace[j]
    }
  }
  return counts
}

/** A NumPy process that answers commands, or the reason why there is none. */
async function startPeer(python, folder) {
  const child = spawn(python, [FILTER, folder], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...ONE_THREAD },
  })
  let errors = ''
  child.stderr.on('data', (data) => {
    errors += data
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const failed = once(child, 'error').then(([error]) => ({ done: true, value: String(error) }))
  const { done, value } = await Promise.race([lines.next(), failed])
  if (done || value !== 'ready') return { reason: `${python}: ${errors.trim().split('\n').pop() || value}` }
  return {
    async ask(command) {
      child.stdin.write(`${command}\n`)
      return JSON.parse((await lines.next()).value)
    },
    stop: () => child.stdin.end(),
  }
}

function coreSeconds(filter, counts, passes) {
  const start = process.cpuUsage()
  let beliefs = []
  for (let pass = 0; pass < passes; pass += 1) beliefs = counts.map((of) => longTermBelief(filter, of))
  const { user, system } = process.cpuUsage(start)
  return { seconds: (user + system) / 1e6, beliefs }
}

/**
 * Microseconds of CPU per belief, the core's and NumPy's, in turn; and by how much the two differ at most.
 *
 * @returns `{ reason }` where no Python with NumPy answers
 */
export async function raceNumpy(filter, { python, rounds, messages, users, spans }) {
  const folder = mkdtempSync(join(tmpdir(), 'paloma-progressive-'))
  try {
    const days = drawScene({ messages, users })
    const traces = spans ? days.map((all) => all.map(spansOf).filter(({ length }) => length > 0)) : days
    const horizon = filter.prior.mean.length
    writeScene(folder, filter.prior, traces)
    const peer = await startPeer(python, folder)
    if (peer.reason !== undefined) return { messages, users, horizon, ...peer }
    const figures = await race({ filter, counts: traces.map((of) => countsOf(of, horizon)), peer, rounds })
    peer.stop()
    return { messages, users, horizon, ...figures }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function race({ filter, counts, peer, rounds }) {
  const passes = (name) => Math.max(1, Math.round(BELIEFS[name] / counts.length))
  const perBelief = (seconds, name) => (seconds * 1e6) / passes(name) / counts.length
  const times = { core: [], traces: [], counts: [] }
  let difference = 0
  // Two rounds to warm up.
  for (let round = -2; round < rounds; round += 1) {
    const own = coreSeconds(filter, counts, passes('core'))
    if (round >= 0) times.core.push(perBelief(own.seconds, 'core'))
    for (const name of ['traces', 'counts']) {
      const { seconds, beliefs } = await peer.ask(`${name} ${passes(name)}`)
      if (round >= 0) times[name].push(perBelief(seconds, name))
      beliefs.forEach(([mean, variance], m) => {
        const { mean: ownMean, variance: ownVariance } = own.beliefs[m]
        difference = Math.max(difference, Math.abs(mean - ownMean), Math.abs(variance - ownVariance))
      })
    }
  }
  const ratio = (name) => ratioInterval(times[name], times.core)
  return { microseconds: times, fromTraces: ratio('traces'), fromCounts: ratio('counts'), difference }
}

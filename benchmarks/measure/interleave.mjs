import { PerformanceObserver } from 'node:perf_hooks'
import { randomFrom } from '@paloma/core'

const NS_PER_MS = 1e6

/** CPU time of this process so far in nanoseconds, the collector's threads included; waiting for a core does not count. */
function cpuNs() {
  const { user, system } = process.cpuUsage()
  return (user + system) * 1_000
}

// A contestant may leave promises behind; they are settled within its own time, as between two requests of a server.
const CALLS_PER_PAUSE = 32

async function cpuOf({ run, calls, from }) {
  const start = cpuNs()
  for (let done = 0; done < calls; ) {
    const end = Math.min(calls, done + CALLS_PER_PAUSE)
    for (; done < end; done += 1) run(from + done)
    await undefined
  }
  return cpuNs() - start
}

/** Calls of `run` that take about `blockMs` of CPU time; also warms it up. */
async function callsPerBlock(run, blockMs) {
  let calls = CALLS_PER_PAUSE
  for (;;) {
    const ms = (await cpuOf({ run, calls, from: 0 })) / NS_PER_MS
    if (ms >= blockMs) return Math.max(1, Math.round((calls * blockMs) / ms))
    calls *= 2
  }
}

/** The same names in another order (Fisher and Yates). */
function shuffled(names, random) {
  const order = [...names]
  for (let i = order.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1))
    ;[order[i], order[j]] = [order[j], order[i]]
  }
  return order
}

/**
 * Runs every contestant for a short block in turn, round after round, so that whatever else the machine does falls on
 * all of them alike. Every round has an order of its own: who comes after a neighbour finds the caches as that one left them and
 * collects its garbage, so that nobody may always come after the same one.
 *
 * @param contestants name → function of a counter, which must use its result
 * @returns name → nanoseconds of CPU time per call, one number per round, and what the collector did meanwhile
 */
export async function interleave(contestants, { rounds, blockMs, warmUpMs }) {
  const names = Object.keys(contestants)
  const until = cpuNs() + warmUpMs * NS_PER_MS
  while (cpuNs() < until) for (const name of names) await cpuOf({ run: contestants[name], calls: 64, from: 0 })
  const calls = {}
  for (const name of names) calls[name] = await callsPerBlock(contestants[name], blockMs)
  const times = Object.fromEntries(names.map((name) => [name, []]))
  const collections = { count: 0, ms: 0 }
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      collections.count += 1
      collections.ms += duration
    }
  })
  observer.observe({ entryTypes: ['gc'] })
  const random = randomFrom('order of contestants')
  for (let round = 0; round < rounds; round += 1) {
    for (const name of shuffled(names, random)) {
      const task = { run: contestants[name], calls: calls[name], from: round * calls[name] }
      times[name].push((await cpuOf(task)) / calls[name])
    }
    // Lets the observer see the collections of this round.
    await new Promise(setImmediate)
  }
  observer.disconnect()
  return { times, calls, collections }
}

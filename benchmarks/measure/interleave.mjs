import { PerformanceObserver } from 'node:perf_hooks'

const NS_PER_MS = 1e6

/** Calls of `run` that take about `blockMs`; also warms it up. */
function callsPerBlock(run, blockMs) {
  let calls = 1
  for (;;) {
    const start = process.hrtime.bigint()
    for (let i = 0; i < calls; i += 1) run(i)
    const ms = Number(process.hrtime.bigint() - start) / NS_PER_MS
    if (ms >= blockMs) return Math.max(1, Math.round((calls * blockMs) / ms))
    calls *= 2
  }
}

function nsPerCall({ run, calls, from }) {
  const start = process.hrtime.bigint()
  for (let i = 0; i < calls; i += 1) run(from + i)
  return Number(process.hrtime.bigint() - start) / calls
}

/**
 * Runs every contestant for a short block in turn, round after round, so that whatever else the machine does falls on
 * all of them alike. The order rotates, so that nobody always comes after the same neighbour.
 *
 * @param contestants name → function of a counter, which must use its result
 * @returns name → nanoseconds per call, one number per round, and what the collector did meanwhile
 */
export async function interleave(contestants, { rounds, blockMs, warmUpMs }) {
  const names = Object.keys(contestants)
  const until = process.hrtime.bigint() + BigInt(Math.round(warmUpMs * NS_PER_MS))
  while (process.hrtime.bigint() < until) for (const name of names) for (let i = 0; i < 50; i += 1) contestants[name](i)
  const calls = Object.fromEntries(names.map((name) => [name, callsPerBlock(contestants[name], blockMs)]))
  const times = Object.fromEntries(names.map((name) => [name, []]))
  const collections = { count: 0, ms: 0 }
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      collections.count += 1
      collections.ms += duration
    }
  })
  observer.observe({ entryTypes: ['gc'] })
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(turn + round) % names.length]
      times[name].push(nsPerCall({ run: contestants[name], calls: calls[name], from: round * calls[name] }))
    }
    // Lets the observer see the collections of this round.
    await new Promise(setImmediate)
  }
  observer.disconnect()
  return { times, calls, collections }
}

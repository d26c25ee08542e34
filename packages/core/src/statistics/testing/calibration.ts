import { randomFrom } from '../../random/index.ts'
import type { Effect } from '../effect.ts'
import { effectInterval } from '../effect-interval.ts'
import type { Estimate } from '../estimate.ts'

/** Share of `runs` in which something holds; each run is one draw of the data. Runs without an answer do not count. */
export function shareOf(
  key: string,
  runs: number,
  holds: (random: () => number) => boolean | null,
): { readonly share: number; readonly answered: number } {
  const random = randomFrom(key)
  let [hits, answered] = [0, 0]
  for (let run = 0; run < runs; run++) {
    const found = holds(random)
    if (found === null) continue
    answered++
    if (found) hits++
  }
  return { share: hits / answered, answered }
}

/** Whether an interval holds the truth; null where there is none. */
export function covers(estimate: Estimate, truth: number): boolean | null {
  return estimate.kind === 'estimate' ? estimate.low <= truth && truth <= estimate.high : null
}

/** Whether the 95 % interval of an effect holds the truth. */
export function effectCovers(effect: Effect, truth: number): boolean | null {
  return covers(effectInterval(effect, { level: 0.95 }), truth)
}

/** A standard normal number (Box & Muller 1958). */
export function normalDraw(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** An exponential number with mean 1. */
export function exponentialDraw(random: () => number): number {
  return -Math.log(1 - random())
}

/** A Poisson number (Knuth), for small means. */
export function poissonDraw(random: () => number, mean: number): number {
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = random(); product > limit; product *= random()) count++
  return count
}

/** A list of `n` draws. */
export function repeat<T>(n: number, draw: (i: number) => T): T[] {
  return Array.from({ length: n }, (_, i) => draw(i))
}

import { logGamma } from '../numeric/index.ts'
import type { Effect } from './effect.ts'
import { checkLevel, type Estimate, undefinedEstimate } from './estimate.ts'
import { meanEffect } from './mean-effect.ts'
import type { VectorMoments } from './vector-moments.ts'
import { wilsonInterval } from './wilson.ts'

/** How many of `n` units had it. */
export interface ProportionCount {
  readonly successes: number
  readonly n: number
}

/** p values of Fisher's exact test. */
export interface ExactTest {
  /** That the treatment's share is greater, less, or either. */
  readonly greater: number
  readonly less: number
  readonly different: number
}

/** The difference of two shares. */
export interface ProportionEffect {
  /** As of means, with n − 1; trust `exact` and `newcombeInterval` where `exact` is there. */
  readonly effect: Effect
  /** Present where any expected cell of the 2 × 2 table is below five, unless all units are alike: then nothing is tested. */
  readonly exact: ExactTest | null
}

// Cochran's rule: below so many expected units in a cell the normal is not to be trusted.
const LEAST_EXPECTED = 5
// Tables as likely as the observed one up to rounding count as no more likely.
const TIE = 1 + 1e-7

/**
 * The difference of two proportions, treatment − control, as of means of 0 and 1 with n − 1 (STATISTICS: so that proportions
 * and means agree), and Fisher's exact test (1922) where any expected cell is below five. Units are independent. Throws a
 * RangeError unless 0 ≤ successes ≤ n are integers.
 */
export function proportionEffect(treatment: ProportionCount, control: ProportionCount): ProportionEffect {
  checkShare(treatment)
  checkShare(control)
  const { effect } = meanEffect({ treatment: shareMoments(treatment), control: shareMoments(control) })
  const successes = treatment.successes + control.successes
  const units = treatment.n + control.n
  if (treatment.n === 0 || control.n === 0 || successes === 0 || successes === units) return { effect, exact: null }
  const least = (Math.min(successes, units - successes) * Math.min(treatment.n, control.n)) / units
  return { effect, exact: least < LEAST_EXPECTED ? fisherTest(treatment, control) : null }
}

/** Moments of 0 and 1 with these counts. */
export function shareMoments({ successes, n }: ProportionCount): VectorMoments {
  const mean = n === 0 ? 0 : successes / n
  return { n, mean: Float64Array.of(mean), cross: Float64Array.of(n === 0 ? 0 : successes * (1 - mean)) }
}

/**
 * Fisher's exact test of two shares, given the margins. `different` sums the tables no more likely than the observed one.
 * Conservative: it rejects less often than its level.
 */
export function fisherTest(treatment: ProportionCount, control: ProportionCount): ExactTest {
  checkShare(treatment)
  checkShare(control)
  const successes = treatment.successes + control.successes
  const low = Math.max(0, successes - control.n)
  const high = Math.min(successes, treatment.n)
  const logChoose = (n: number, k: number) => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1)
  const whole = logChoose(treatment.n + control.n, successes)
  const chance = (k: number) => Math.exp(logChoose(treatment.n, k) + logChoose(control.n, successes - k) - whole)
  const observed = chance(treatment.successes)
  const sums = { greater: 0, less: 0, different: 0 }
  for (let k = low; k <= high; k++) {
    const p = chance(k)
    if (k >= treatment.successes) sums.greater += p
    if (k <= treatment.successes) sums.less += p
    if (p <= observed * TIE) sums.different += p
  }
  return {
    greater: Math.min(1, sums.greater),
    less: Math.min(1, sums.less),
    different: Math.min(1, sums.different),
  }
}

/**
 * Newcombe's hybrid score interval (1998, method 10) for the difference of two shares, from their Wilson intervals: holds for
 * few units and for shares near 0 and 1, where ± z · se does not. An arm without units: `too-few-units`.
 */
export function newcombeInterval(treatment: ProportionCount, control: ProportionCount, level: number): Estimate {
  checkLevel(level)
  const a = wilsonInterval(treatment.successes, treatment.n, level)
  const b = wilsonInterval(control.successes, control.n, level)
  if (a.kind === 'undefined') return a
  if (b.kind === 'undefined') return undefinedEstimate(b.reason)
  const mean = a.mean - b.mean
  return {
    kind: 'estimate',
    mean,
    low: mean - Math.hypot(a.mean - a.low, b.high - b.mean),
    high: mean + Math.hypot(a.high - a.mean, b.mean - b.low),
    stdError: Math.hypot(a.stdError, b.stdError),
    dof: null,
  }
}

function checkShare({ successes, n }: ProportionCount): void {
  if (!Number.isInteger(n) || !Number.isInteger(successes) || successes < 0 || successes > n) {
    throw new RangeError(`successes must be an integer in [0, n], got ${successes} of ${n}`)
  }
}

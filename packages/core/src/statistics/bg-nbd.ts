import { findMinimum, logGamma, neumaierSum } from '../numeric/index.ts'

/** What is known of one customer since his first purchase, in any one unit of time. */
export interface RepeatPurchases {
  /** Purchases after the first. */
  readonly repeats: number
  /** When the last one was, counted from the first; 0 without repeats. */
  readonly last: number
  /** How long he was watched, from the first purchase on. */
  readonly watched: number
}

/**
 * Rates of purchase differ between customers as Gamma(r, rate alpha), chances to leave after one as Beta(a, b). `alpha` is in the unit of
 * time of the data.
 */
export interface BgNbd {
  readonly r: number
  readonly alpha: number
  readonly a: number
  readonly b: number
}

export type BgNbdFit =
  | { readonly kind: 'fitted'; readonly model: BgNbd; readonly logLikelihood: number; readonly customers: number }
  /** `no-repeats`: nobody bought twice; `not-settled`: the likelihood has no maximum that the search could find. */
  | { readonly kind: 'undefined'; readonly reason: 'no-repeats' | 'not-settled' }

/** Parameters beyond e^±12 mean that the likelihood rises for ever: customers do not differ, or nobody leaves. */
const MOST_LOG = 12

/**
 * BG/NBD (Fader, Hardie & Lee 2005, Marketing Science 24, 275): people buy by chance at a rate of their own and may leave for good after each
 * purchase; fitted by maximum likelihood (eq. 6). Assumes that rate and chance to leave are independent, that nobody returns, and that
 * rates do not change with the season. Fails, with a reason, where nobody bought twice or where customers are all alike. There is no interval: it is a check
 * of what "comes back by himself" looks like, and no estimate that anything decides by. Throws a RangeError for times that cannot be.
 */
export function fitBgNbd(customers: readonly RepeatPurchases[]): BgNbdFit {
  customers.forEach(checkCustomer)
  if (customers.every(({ repeats }) => repeats === 0)) return { kind: 'undefined', reason: 'no-repeats' }
  const meanWatched = neumaierSum(customers.map(({ watched }) => watched)) / customers.length
  const start = [0, Math.log(meanWatched), 0, Math.log(2)]
  const { at, value, settled } = findMinimum((logs) => -logLikelihood(modelOf(logs), customers), start)
  if (!settled || at.some((log, i) => Math.abs(log - start[i]!) > MOST_LOG))
    return { kind: 'undefined', reason: 'not-settled' }
  return { kind: 'fitted', model: modelOf(at), logLikelihood: -value, customers: customers.length }
}

function checkCustomer({ repeats, last, watched }: RepeatPurchases, i: number): void {
  if (!(Number.isInteger(repeats) && repeats >= 0)) {
    throw new RangeError(`customers[${i}].repeats must be a whole number ≥ 0, got ${repeats}`)
  }
  if (!(Number.isFinite(watched) && watched >= 0)) {
    throw new RangeError(`customers[${i}].watched must be a finite number ≥ 0, got ${watched}`)
  }
  const isPossible = repeats === 0 ? last === 0 : last > 0 && last <= watched
  if (isPossible) return
  const expected = repeats === 0 ? '0 without repeats' : `in (0, ${watched}]`
  throw new RangeError(`customers[${i}].last must be ${expected}, got ${last}`)
}

function modelOf(logs: readonly number[]): BgNbd {
  const [r = 0, alpha = 0, a = 0, b = 0] = logs.map(Math.exp)
  return { r, alpha, a, b }
}

/** ln (A₁ A₂ (A₃ + A₄)) of eq. 6, summed; A₁ A₂ but for α depend on the number of repeats alone, which few numbers are. */
function logLikelihood(model: BgNbd, customers: readonly RepeatPurchases[]): number {
  const { r, alpha, a, b } = model
  const known = new Map<number, number>()
  return neumaierSum(
    customers.map(({ repeats: x, last, watched }) => {
      const counted = known.get(x) ?? logCounted(model, x)
      known.set(x, counted)
      const there = -(r + x) * Math.log(alpha + watched)
      if (x === 0) return counted + there
      const left = Math.log(a / (b + x - 1)) - (r + x) * Math.log(alpha + last)
      const most = Math.max(there, left)
      return counted + most + Math.log(Math.exp(there - most) + Math.exp(left - most))
    }),
  )
}

function logCounted({ r, alpha, a, b }: BgNbd, x: number): number {
  const purchases = logGamma(r + x) - logGamma(r) + r * Math.log(alpha)
  return purchases + logGamma(a + b) + logGamma(b + x) - logGamma(b) - logGamma(a + b + x)
}

/** The chance that a customer has not left for good. 1 without repeats: in this model people leave only after one. */
export function chanceActive({ r, alpha, a, b }: BgNbd, customer: RepeatPurchases): number {
  checkCustomer(customer, 0)
  const { repeats: x, last, watched } = customer
  if (x === 0) return 1
  return 1 / (1 + (a / (b + x - 1)) * ((alpha + watched) / (alpha + last)) ** (r + x))
}

/** Terms of the series shrink by t / (alpha + t) at least in the end; what is left out is below the last bits of the sum. */
const SMALLEST_TERM = 1e-16

/** Repeat purchases that a new customer is expected to make in so long (eq. 9), by Gauss' series of ₂F₁(r, b; a + b − 1; z). Needs a ≠ 1. */
export function expectedRepeats({ r, alpha, a, b }: BgNbd, time: number): number {
  const z = time / (alpha + time)
  let term = 1
  let sum = 1
  for (let k = 0; Math.abs(term) > SMALLEST_TERM * Math.abs(sum); k += 1) {
    term *= ((r + k) * (b + k) * z) / ((a + b - 1 + k) * (k + 1))
    sum += term
  }
  return ((a + b - 1) / (a - 1)) * (1 - (alpha / (alpha + time)) ** r * sum)
}

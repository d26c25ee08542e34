import { normalQuantile, randomFrom } from '@paloma/core'

/** Days that a message's users are followed. */
export const HORIZON = 59

/** Ends of eight spans in days: what a product would keep instead of 59 numbers. */
export const SPAN_ENDS = [1, 2, 4, 7, 14, 28, 42, HORIZON]

/** Sums over the spans that have closed. */
export function spansOf(trace) {
  const closed = SPAN_ENDS.filter((end) => end <= trace.length)
  return Float64Array.from(closed, (end, i) => total(trace.subarray(i === 0 ? 0 : SPAN_ENDS[i - 1], end)))
}

const LEVEL = 0.15
const FIRST_EXCESS = 0.35
const FADE_DAYS = 6
// A user who is active on one day is on another: correlation of any two days of one user given the message.
const USER_CORRELATION = 0.25
const SPREAD = 0.25
const DRIFT_DAYS = 20

const normal = (random) => normalQuantile(1 - random() || Number.MIN_VALUE)

/** Mean activity of day j: high after the send, then a level. */
export const typical = Float64Array.from({ length: HORIZON }, (_, j) => LEVEL + FIRST_EXCESS * Math.exp(-j / FADE_DAYS))

/**
 * Messages as the paper's model has them, Gaussian throughout: θ = typical · (1 + spread · (√ρ common + √(1 − ρ) walk_j)),
 * where `walk` wanders with a memory of 20 days and ρ = `loyalty` is how much early days say about late ones; a user's
 * day j is θ_j plus noise with the variance of a flag, θ(1 − θ) at `typical`.
 */
export function drawMessage(key, loyalty) {
  const random = randomFrom(key)
  const common = normal(random)
  const memory = Math.exp(-1 / DRIFT_DAYS)
  let walk = normal(random)
  return Float64Array.from(typical, (mean) => {
    const theta = mean * (1 + SPREAD * (Math.sqrt(loyalty) * common + Math.sqrt(1 - loyalty) * walk))
    walk = memory * walk + Math.sqrt(1 - memory * memory) * normal(random)
    return theta
  })
}

const NOISE_SD = typical.map((mean) => Math.sqrt(mean * (1 - mean)))

/** One user's 59 days. */
export function drawTrace(message, random) {
  const own = Math.sqrt(USER_CORRELATION) * normal(random)
  return Float64Array.from(
    message,
    (theta, j) => theta + NOISE_SD[j] * (own + Math.sqrt(1 - USER_CORRELATION) * normal(random)),
  )
}

/** Complete traces of past messages, from which the prior is fitted. */
export function drawTraining({ messages, users, seed, loyalty }) {
  return Array.from({ length: messages }, (_, m) => {
    const message = drawMessage(`training ${seed} ${loyalty} ${m}`, loyalty)
    const random = randomFrom(`training users ${seed} ${loyalty} ${m}`)
    return Array.from({ length: users }, () => drawTrace(message, random))
  })
}

export const total = (values) => values.reduce((sum, value) => sum + value, 0)

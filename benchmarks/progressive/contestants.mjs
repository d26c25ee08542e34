import { extendTrace, longTermBelief, noTraces } from '@paloma/core'
import { HORIZON, SPAN_ENDS, spansOf } from './generator.mjs'

/** Belief N(mean, variance) of a sum of days from users whose days are all in: a normal prior and normal noise. */
function simpleBelief(prior, days) {
  let [mean, variance, noise] = [0, 0, 0]
  for (let j = 0; j < days; j += 1) {
    mean += prior.mean[j]
    for (let l = 0; l < days; l += 1) {
      const at = j >= l ? (j * (j + 1)) / 2 + l : (l * (l + 1)) / 2 + j
      variance += prior.covariance[at]
      noise += prior.noise[at]
    }
  }
  return (n, sum) => {
    const precision = 1 / variance + n / noise
    return { mean: (mean / variance + sum / noise) / precision, variance: 1 / precision }
  }
}

/** Learns from users whose first `days` days are in, as if their sum were all that counts. */
function fromFirstDays(days) {
  return ({ filter, messages }) => {
    const belief = simpleBelief(filter.prior, days)
    const users = new Float64Array(messages)
    const sums = new Float64Array(messages)
    return {
      learn(message, trace, age) {
        if (age !== days) return
        users[message] += 1
        for (let j = 0; j < days; j += 1) sums[message] += trace[j]
      },
      beliefs: () => Array.from(users, (n, message) => belief(n, sums[message])),
    }
  }
}

/** The progressive belief: every closed day of every user counts at once. */
function progressive({ filter, messages }) {
  const counts = Array.from({ length: messages }, () => noTraces(HORIZON))
  return {
    learn(message, trace, age) {
      counts[message] = extendTrace(counts[message], trace.subarray(0, age), age - 1)
    },
    beliefs: () => counts.map((of) => longTermBelief(filter, of)),
  }
}

/** The same with eight spans of days instead of 59 days. */
function progressiveSpans({ spanFilter, messages }) {
  const counts = Array.from({ length: messages }, () => noTraces(SPAN_ENDS.length))
  return {
    learn(message, trace, age) {
      const span = SPAN_ENDS.indexOf(age)
      if (span >= 0) counts[message] = extendTrace(counts[message], spansOf(trace.subarray(0, age)), span)
    },
    beliefs: () => counts.map((of) => longTermBelief(spanFilter, of)),
  }
}

/** Sees all 59 days of a user the day after: what nobody can. */
function prophet({ filter, messages }) {
  const belief = simpleBelief(filter.prior, HORIZON)
  const users = new Float64Array(messages)
  const sums = new Float64Array(messages)
  return {
    learn(message, trace, age) {
      if (age !== 1) return
      users[message] += 1
      sums[message] += trace.reduce((sum, value) => sum + value, 0)
    },
    beliefs: () => Array.from(users, (n, message) => belief(n, sums[message])),
  }
}

export const CONTESTANTS = {
  progressive,
  'progressive, 8 spans': progressiveSpans,
  waiting: fromFirstDays(HORIZON),
  'day-two proxy': fromFirstDays(2),
  prophet,
}

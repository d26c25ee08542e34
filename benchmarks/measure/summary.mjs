import { randomFrom } from '@paloma/core'

const RESAMPLES = 1_000

/** The middle value; of an even number the mean of the middle two. */
export function median(values) {
  const sorted = Float64Array.from(values).sort()
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

/** Median with a 95 % percentile-bootstrap interval over rounds; the same rounds always give the same interval. */
export function medianInterval(values) {
  const random = randomFrom(`bootstrap ${values.length}`)
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(Array.from({ length: values.length }, () => values[Math.floor(random() * values.length)])),
  ).sort((a, b) => a - b)
  const at = (share) => medians[Math.round(share * (RESAMPLES - 1))]
  return { median: median(values), low: at(0.025), high: at(0.975), rounds: values.length }
}

/** Ratio a / b round by round, so that a slow moment of the machine cancels. */
export function ratioInterval(a, b) {
  return medianInterval(a.map((value, i) => value / b[i]))
}

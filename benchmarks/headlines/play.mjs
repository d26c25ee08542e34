import { randomFrom, sampleIndex } from '@paloma/core'

/**
 * One test from start to end of its horizon: batch by batch the contestant gives a distribution, every send of the batch
 * draws from it, clicks are Bernoulli with the variant's rate.
 *
 * @returns expected clicks of the sends made (the rate of each, summed), which has the mean of the clicks and less noise
 */
export function play(test, contestant, { horizon, batch, seed }) {
  const random = randomFrom(`headlines ${seed} ${test.id}`)
  const counts = test.rates.map(() => 0)
  const clicks = test.rates.map(() => 0)
  let got = 0
  for (let sent = 0; sent < horizon; sent += batch) {
    const size = Math.min(batch, horizon - sent)
    const pick = contestant({ test, counts, clicks, sent, horizon, random })
    const [trials, successes] = [counts.slice(), clicks.slice()]
    for (let i = 0; i < size; i += 1) {
      const variant = typeof pick === 'function' ? pick(i) : sampleIndex(pick, random())
      trials[variant] += 1
      if (random() < test.rates[variant]) successes[variant] += 1
      got += test.rates[variant]
    }
    counts.set(trials)
    clicks.set(successes)
  }
  return got
}

/** Clicks of uniform sends and of the best variant, expected. */
export function bounds({ rates }, horizon) {
  return {
    uniform: (horizon * rates.reduce((sum, rate) => sum + rate, 0)) / rates.length,
    best: horizon * rates.reduce((most, rate) => Math.max(most, rate), 0),
  }
}

/**
 * Share of the achievable lift over all tests, Σ (got − uniform) / Σ (best − uniform), with the standard error of a ratio
 * over tests (linearised).
 */
export function shareOf(rows) {
  const lift = rows.reduce((sum, { got, uniform }) => sum + got - uniform, 0)
  const room = rows.reduce((sum, { best, uniform }) => sum + best - uniform, 0)
  const share = lift / room
  const squares = rows.reduce((sum, { got, uniform, best }) => sum + (got - uniform - share * (best - uniform)) ** 2, 0)
  return { share, standardError: Math.sqrt(squares) / room }
}

import { PalomaError, type RateCount, type RatePrior } from '../domain/index.ts'

// Beyond so many observations variants of one message count as equal, and messages as of one level.
const MOST_WEIGHT = 1e6
// Fewer would claim that a single observation decides.
const LEAST_WEIGHT = 1

/** Sums over messages; method of moments needs no more. */
interface Sums {
  readonly excess: number
  readonly reach: number
}

/**
 * A prior for the variants of a new message from past messages, by the method of moments for overdispersed shares
 * (Kleinman 1973; DerSimonian & Laird 1986): per message Q = Σ n (r − r̄)² / (r̄ (1 − r̄)) exceeds K − 1 by
 * (N − Σ n² / N) / (spreadWeight + 1) on average; the spread of levels alike. Messages without response or without two
 * variants say nothing about the spread. Needs two messages with a response (PRIOR_DATA_TOO_FEW); where variants do not
 * differ beyond chance the weight is 1e6. A handful of messages gives a rough prior: its error is not carried along.
 */
export function fitRatePrior(messages: readonly (readonly RateCount[])[]): RatePrior {
  const levels = messages.map(pooled).filter(({ trials }) => trials > 0)
  const telling = tellingMessages(messages)
  if (telling < 2)
    throw new PalomaError(
      'PRIOR_DATA_TOO_FEW',
      `messages must hold at least 2 with some but not all responding, got ${telling}`,
    )
  const spread = messages.reduce(addSpread, { excess: 0, reach: 0 })
  const spreadWeight = weightOf(spread)
  const levelMean = levels.reduce((sum, { trials, successes }) => sum + successes / trials, 0) / levels.length
  return { levelMean, levelWeight: levelWeightOf(levels, levelMean), spreadWeight }
}

/** How many messages say something of rates: some of their sends were answered, but not all. */
export function tellingMessages(messages: readonly (readonly RateCount[])[]): number {
  return messages.map(pooled).filter(({ trials, successes }) => successes > 0 && successes < trials).length
}

function pooled(counts: readonly RateCount[]): RateCount {
  return counts.reduce(
    (sum, { trials, successes }) => ({ trials: sum.trials + trials, successes: sum.successes + successes }),
    { trials: 0, successes: 0 },
  )
}

function addSpread(sums: Sums, counts: readonly RateCount[]): Sums {
  const seen = counts.filter(({ trials }) => trials > 0)
  const { trials, successes } = pooled(seen)
  if (seen.length < 2 || successes === 0 || successes === trials) return sums
  const level = successes / trials
  let departure = 0
  let squares = 0
  for (const count of seen) {
    departure += count.trials * (count.successes / count.trials - level) ** 2
    squares += count.trials * count.trials
  }
  return {
    excess: sums.excess + departure / (level * (1 - level)) - (seen.length - 1),
    reach: sums.reach + trials - squares / trials,
  }
}

/** 1 / (weight + 1) = excess / reach. */
function weightOf({ excess, reach }: Sums): number {
  if (!(excess > 0)) return MOST_WEIGHT
  return Math.min(MOST_WEIGHT, Math.max(LEAST_WEIGHT, reach / excess - 1))
}

function levelWeightOf(levels: readonly RateCount[], mean: number): number {
  const between =
    levels.reduce((sum, { trials, successes }) => sum + (successes / trials - mean) ** 2, 0) / (levels.length - 1)
  const sampling = levels.reduce((sum, { trials }) => sum + (mean * (1 - mean)) / trials, 0) / levels.length
  const variance = between - sampling
  if (!(variance > 0)) return MOST_WEIGHT
  return Math.min(MOST_WEIGHT, Math.max(LEAST_WEIGHT, (mean * (1 - mean)) / variance - 1))
}

import { logGamma } from '../numeric/index.ts'
import { SAMPLE_RATIO_ALARM } from './sample-ratio.ts'

// Weight of the planned split in the alternative's Dirichlet prior: real faults lie within some points of the plan.
const CONCENTRATION = 100

/** How a split has gone so far; what a shard or a day adds is counts. */
export interface SampleRatioState {
  /** Planned shares, summing to 1. */
  readonly shares: readonly number[]
  readonly counts: readonly number[]
  /** Smallest p over all looks so far: valid whenever one looks or stops. */
  readonly pValue: number
  readonly isMismatch: boolean
}

/**
 * A sequential sample ratio test that has seen nobody. `shares` are planned, on any common scale. Throws a RangeError
 * unless they are finite, ≥ 0 and at least one is above 0.
 */
export function startSampleRatio(shares: readonly number[]): SampleRatioState {
  const whole = shares.reduce((sum, share) => sum + share, 0)
  const wrong = shares.find((share) => !(share >= 0 && Number.isFinite(share)))
  if (wrong !== undefined) throw new RangeError(`shares must be finite and ≥ 0, got ${wrong}`)
  if (!(whole > 0)) throw new RangeError('shares must not all be 0')
  return { shares: shares.map((share) => share / whole), counts: shares.map(() => 0), pValue: 1, isMismatch: false }
}

/**
 * The state after `added` units more per group, and a look. Sequential test of a multinomial against a Dirichlet
 * alternative around it (Lindon & Malek, NeurIPS 2022): ln BF = ln B(kθ + n) − ln B(kθ) − Σ n_j ln θ_j with k = 100, and
 * p = min over looks of 1 / BF. Of all experiments without a fault, at most one in a thousand is ever flagged at .001,
 * however often one looks. Counts of shards add before the look; smallest p of different shards do not. Weaker than χ²
 * at any single look; fails for a planned split that changes (one state per phase). A unit in a group of share 0 is a
 * mismatch for certain. Throws a RangeError for another number of groups, or counts that are not finite and ≥ 0.
 */
export function updateSampleRatio(state: SampleRatioState, added: readonly number[]): SampleRatioState {
  const { shares } = state
  if (added.length !== shares.length) {
    throw new RangeError(`counts must have one entry per share, got ${added.length} for ${shares.length}`)
  }
  const wrong = added.find((count) => !(count >= 0 && Number.isFinite(count)))
  if (wrong !== undefined) throw new RangeError(`counts must be finite and ≥ 0, got ${wrong}`)
  const counts = state.counts.map((count, j) => count + added[j]!)
  const pValue = Math.min(state.pValue, Math.exp(-Math.max(0, logBayesFactor(counts, shares))))
  return { shares, counts, pValue, isMismatch: pValue < SAMPLE_RATIO_ALARM }
}

/** ln of the evidence for another split over the planned one. */
function logBayesFactor(counts: readonly number[], shares: readonly number[]): number {
  let total = 0
  let log = 0
  for (let j = 0; j < counts.length; j++) {
    const [count, share] = [counts[j]!, shares[j]!]
    if (count === 0) continue
    if (share === 0) return Number.POSITIVE_INFINITY
    const weight = CONCENTRATION * share
    log += logGamma(weight + count) - logGamma(weight) - count * Math.log(share)
    total += count
  }
  return log - logGamma(CONCENTRATION + total) + logGamma(CONCENTRATION)
}

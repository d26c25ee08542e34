import { PalomaError } from '../domain/index.ts'
import { packedIndex, packedLength } from '../numeric/index.ts'
import { type FactorRows, factorRows } from './factor-rows.ts'
import type { TraceCounts } from './trace-counts.ts'
import type { TracePrior } from './trace-prior.ts'

/** What is believed of the sum over the whole horizon, per user. */
export interface LongTermBelief {
  readonly mean: number
  readonly variance: number
}

/** What is believed of every day of the horizon; the covariance is packed. */
export interface TraceBelief {
  readonly mean: Float64Array
  readonly covariance: Float64Array
}

/** A belief about sums of days: one functional that is asked for often, prepared once per prior. */
export interface BeliefFilter {
  readonly prior: TracePrior
  /** Σ 1: covariance of each day with the sum over the horizon. */
  readonly withSum: Float64Array
  readonly sumMean: number
  readonly sumVariance: number
}

/** Prepares a prior for `longTermBelief`. */
export function beliefFilter(prior: TracePrior): BeliefFilter {
  const horizon = prior.mean.length
  const withSum = new Float64Array(horizon)
  let sumMean = 0
  let sumVariance = 0
  for (let j = 0; j < horizon; j++) {
    for (let l = 0; l < horizon; l++) withSum[j] = withSum[j]! + prior.covariance[packedIndex(j, l)]!
    sumMean += prior.mean[j]!
    sumVariance += withSum[j]!
  }
  return { prior, withSum, sumMean, sumVariance }
}

/**
 * Long-term belief N(1'm, 1'C 1) about one message from the days that have closed so far (impatient bandits: McDonald et al. 2023,
 * eq. 4–5): with day means z̄_j over n_j users, noise V_jl / max(n_j, n_l) and prior θ ~ N(μ, Σ),
 * 1'm = 1'μ + c' M⁻¹ (z̄ − μ) and 1'C 1 = 1'Σ 1 − c' M⁻¹ c, where M = Σ + noise and c = Σ 1 on the days seen. Assumes
 * that early and late days of this message hang together as in past ones. Throws
 * BELIEF_COUNTS_INVALID, or BELIEF_NOT_POSITIVE where the prior's matrices are no covariances.
 */
export function longTermBelief(filter: BeliefFilter, counts: TraceCounts): LongTermBelief {
  const { prior, withSum, sumMean, sumVariance } = filter
  const days = daysSeen(prior, counts)
  const rows = observedRows(prior, counts, { days, extra: 2 })
  // Two right sides ride along as further rows of the factor: forward substitution is the same recursion.
  const { matrix, stride } = rows
  for (let j = 0; j < days; j++) {
    matrix[days * stride + j] = counts.sums[j]! / counts.users[j]! - prior.mean[j]!
    matrix[(days + 1) * stride + j] = withSum[j]!
  }
  requirePositive(factorRows(rows))
  let shift = 0
  let explained = 0
  for (let j = 0; j < days; j++) {
    const c = matrix[(days + 1) * stride + j]!
    shift += c * matrix[days * stride + j]!
    explained += c * c
  }
  return { mean: sumMean + shift, variance: Math.max(0, sumVariance - explained) }
}

/** The posterior of every day: mean μ + Σ_{·k} M⁻¹ (z̄ − μ_k), covariance Σ − Σ_{·k} M⁻¹ Σ_{k·}; otherwise as `longTermBelief`. */
export function traceBelief(prior: TracePrior, counts: TraceCounts): TraceBelief {
  const horizon = prior.mean.length
  const days = daysSeen(prior, counts)
  const rows = observedRows(prior, counts, { days, extra: horizon + 1 })
  const { matrix, stride } = rows
  for (let j = 0; j < days; j++) {
    for (let i = 0; i < horizon; i++) matrix[(days + i) * stride + j] = prior.covariance[packedIndex(i, j)]!
    matrix[(days + horizon) * stride + j] = counts.sums[j]! / counts.users[j]! - prior.mean[j]!
  }
  requirePositive(factorRows(rows))
  const mean = Float64Array.from(prior.mean, (m, i) => m + dotRows(rows, days + i, days + horizon))
  const covariance = new Float64Array(packedLength(horizon))
  for (let i = 0, at = 0; i < horizon; i++) {
    for (let l = 0; l <= i; l++, at++) covariance[at] = prior.covariance[at]! - dotRows(rows, days + i, days + l)
  }
  return { mean, covariance }
}

/** How many days somebody has lived through; checks the counts. */
function daysSeen({ mean }: TracePrior, { users, sums }: TraceCounts): number {
  if (users.length !== mean.length || sums.length !== mean.length)
    throw invalid('users.length and sums.length', `${mean.length}`, users.length)
  let days = 0
  for (let j = 0; j < users.length; j++) {
    const n = users[j]!
    if (!(n >= 0 && n <= (j === 0 ? Infinity : users[j - 1]!)))
      throw invalid(`users[${j}]`, '≥ 0 and not above the day before', n)
    if (!Number.isFinite(sums[j])) throw invalid(`sums[${j}]`, 'a finite number', sums[j])
    if (n > 0) days = j + 1
  }
  return days
}

/** M over the days seen, with room for further rows below. */
function observedRows(
  { covariance, noise }: TracePrior,
  { users }: TraceCounts,
  { days, extra }: { readonly days: number; readonly extra: number },
): FactorRows {
  const matrix = new Float64Array((days + extra) * days)
  for (let l = 0; l < days; l++) {
    // n never rises, so of two days the earlier has more users.
    const share = 1 / users[l]!
    for (let j = l, at = packedIndex(l, l); j < days; at += ++j) {
      matrix[j * days + l] = covariance[at]! + share * noise[at]!
    }
  }
  return { matrix, stride: days, size: days, extra }
}

function dotRows({ matrix, stride, size }: FactorRows, a: number, b: number): number {
  let sum = 0
  for (let j = 0; j < size; j++) sum += matrix[a * stride + j]! * matrix[b * stride + j]!
  return sum
}

function requirePositive(isPositive: boolean): void {
  if (!isPositive)
    throw new PalomaError(
      'BELIEF_NOT_POSITIVE',
      'covariance + noise must be positive definite, but it has no Cholesky factor',
      {
        hint: 'fit the prior on more messages and users than days',
      },
    )
}

function invalid(field: string, expected: string, value: number | undefined): PalomaError {
  return new PalomaError('BELIEF_COUNTS_INVALID', `${field} must be ${expected}, got ${value}`)
}

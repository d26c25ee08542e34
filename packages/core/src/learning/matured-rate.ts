import { PalomaError } from '../domain/index.ts'
import { type DelayCurve, maturity } from './delay-curve.ts'

/** Decisions of one age and how many of them had their outcome so far. */
export interface AgeCohort {
  readonly ageHours: number
  readonly decisions: number
  readonly outcomes: number
}

/** The rate over the whole window, or why there is none. */
export type MaturedRate =
  | { readonly kind: 'rate'; readonly rate: number; readonly standardError: number }
  | { readonly kind: 'undefined'; readonly reason: 'no-delays-known' | 'nothing-matured' }

/**
 * The rate at which decisions will have had an outcome when their window closes, p̂ = k / Σ n F(age): unbiased where the naive
 * k / n counts every late outcome as none (Chapelle 2014 names the bias; the curve here is free of his exponential delays).
 * Its variance is that of the counts, Σ n pF (1 − pF) / (Σ n F)², and that of the curve, p² Var(Σ n F) / (Σ n F)². Assumes delays as in
 * the matured cohorts, whatever the rate: a campaign that only speeds outcomes up looks like one that makes more. Throws COHORT_INVALID.
 */
export function maturedRate(curve: DelayCurve, cohorts: readonly AgeCohort[]): MaturedRate {
  cohorts.forEach(checkCohort)
  const shares: number[] = []
  for (const { ageHours } of cohorts) {
    const known = maturity(curve, ageHours)
    if (known === null) return { kind: 'undefined', reason: 'no-delays-known' }
    shares.push(known.share)
  }
  const exposed = cohorts.reduce((sum, { decisions }, i) => sum + decisions * shares[i]!, 0)
  if (!(exposed > 0)) return { kind: 'undefined', reason: 'nothing-matured' }
  const rate = cohorts.reduce((sum, { outcomes }) => sum + outcomes, 0) / exposed
  const counts = cohorts.reduce((sum, { decisions }, i) => sum + decisions * spreadOf(rate * shares[i]!), 0)
  const curveVariance = rate * rate * varianceOfExposed(curve, cohorts, shares)
  return { kind: 'rate', rate, standardError: Math.sqrt(counts + curveVariance) / exposed }
}

function spreadOf(probability: number): number {
  const p = Math.min(1, probability)
  return p * (1 - p)
}

/** Var(Σ n F) with Cov(F(a), F(b)) = F(a)(1 − F(b)) / m for a ≤ b. */
function varianceOfExposed({ outcomes }: DelayCurve, cohorts: readonly AgeCohort[], shares: readonly number[]): number {
  const total = outcomes.reduce((sum, count) => sum + count, 0)
  const byAge = cohorts.map((_, i) => i).sort((a, b) => shares[a]! - shares[b]! || a - b)
  let variance = 0
  let younger = 0
  for (const i of byAge) {
    const mass = cohorts[i]!.decisions * shares[i]!
    const rest = cohorts[i]!.decisions * (1 - shares[i]!)
    // The cohort with itself once, with every younger one twice.
    variance += rest * (mass + 2 * younger)
    younger += mass
  }
  return variance / total
}

/**
 * The chance that a decision without an outcome at this age still gets one, p (1 − F) / (1 − p F). What is expected of a young decision
 * is this, not 0.
 */
export function pendingProbability(rate: number, share: number): number {
  if (!(rate >= 0 && rate <= 1)) throw new PalomaError('COHORT_INVALID', `rate must be in [0, 1], got ${rate}`)
  if (!(share >= 0 && share <= 1)) throw new PalomaError('COHORT_INVALID', `share must be in [0, 1], got ${share}`)
  return rate * share === 1 ? 0 : (rate * (1 - share)) / (1 - rate * share)
}

function checkCohort({ ageHours, decisions, outcomes }: AgeCohort, index: number): void {
  const fault = (field: string, expected: string, value: number): PalomaError =>
    new PalomaError('COHORT_INVALID', `cohorts[${index}].${field} must be ${expected}, got ${value}`)
  if (!(ageHours >= 0)) throw fault('ageHours', '≥ 0', ageHours)
  if (!(decisions >= 0 && decisions < Infinity)) throw fault('decisions', 'a finite number ≥ 0', decisions)
  if (!(outcomes >= 0 && outcomes <= decisions)) throw fault('outcomes', `in [0, ${decisions}]`, outcomes)
}

import { normalQuantile, tQuantile } from '../numeric/index.ts'
import { checkLevel, type Estimate, undefinedEstimate } from './estimate.ts'
import { type Moments, sampleVariance } from './moments.ts'

/** From so many degrees of freedom on the normal stands for t: its 97.5 % quantile is then 0.12 % too small at most. */
export const NORMAL_FROM_DOF = 1000

interface Centre {
  readonly mean: number
  /** Squared standard error of `mean`. */
  readonly variance: number
  readonly dof: number
}

function intervalAround({ mean, variance, dof }: Centre, level: number): Estimate {
  if (!Number.isFinite(mean) || !Number.isFinite(variance)) return undefinedEstimate('not-finite')
  if (variance <= 0) return undefinedEstimate('zero-variance', mean)
  const isNormal = dof >= NORMAL_FROM_DOF
  const upper = (1 + level) / 2
  const stdError = Math.sqrt(variance)
  const half = (isNormal ? normalQuantile(upper) : tQuantile(upper, dof)) * stdError
  return { kind: 'estimate', mean, low: mean - half, high: mean + half, stdError, dof: isNormal ? null : dof }
}

/**
 * Student's interval for a mean: mean ± t(n − 1) · s / √n, the normal from 1,000 degrees of freedom on. Exact for normal values;
 * for skewed ones right only as n grows (it misses more often on the long side), and one unit may not be counted
 * twice. Fewer than two values: `too-few-units`; all alike: `zero-variance`.
 */
export function meanInterval(moments: Moments, level: number): Estimate {
  checkLevel(level)
  const { n, mean } = moments
  const variance = sampleVariance(moments)
  if (variance === undefined) return undefinedEstimate('too-few-units', n === 1 && Number.isFinite(mean) ? mean : null)
  return intervalAround({ mean, variance: variance / n, dof: n - 1 }, level)
}

/**
 * Welch's interval (1947) for the difference of two means, a − b, of independent groups with their own variances:
 * v = s_a²/n_a + s_b²/n_b, degrees of freedom after Satterthwaite (1946): v² / Σ ((s²/n)² / (n − 1)); the normal from
 * 1,000 of them on, which takes more than 1,000 units: twenty users against a million keep their wide t. Fails when units influence one another across groups, and for heavy tails in a small group.
 */
export function differenceInterval(a: Moments, b: Moments, level: number): Estimate {
  checkLevel(level)
  const spreadA = sampleVariance(a)
  const spreadB = sampleVariance(b)
  if (spreadA === undefined || spreadB === undefined) return undefinedEstimate('too-few-units')
  const varianceA = spreadA / a.n
  const varianceB = spreadB / b.n
  const variance = varianceA + varianceB
  // By shares of the variance, whose squares neither vanish nor overflow.
  const dof = 1 / ((varianceA / variance) ** 2 / (a.n - 1) + (varianceB / variance) ** 2 / (b.n - 1))
  return intervalAround({ mean: a.mean - b.mean, variance, dof }, level)
}

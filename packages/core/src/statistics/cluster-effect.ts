import type { Baseline } from './adjusted-effect.ts'
import type { Effect } from './effect.ts'
import { referenceDof } from './effect-interval.ts'
import type { UndefinedReason } from './estimate.ts'

/** Sum of a metric over the units of one cluster, and their number (or the denominator of a ratio). */
export interface ClusterRow {
  readonly sum: number
  readonly units: number
}

/** From so many clusters (both arms) on the large-sample variance is used. */
export const ENOUGH_CLUSTERS = 40

/**
 * The difference per unit, treatment − control, where whole clusters were assigned: sums per cluster, ratio of sums per arm,
 * linearised. Variance Σ (m_g − R d_g)² / D² · G/(G − 1) from 40 clusters on; below, Bell & McCaffrey (2002): residuals divided by √(1 − d_g/D)
 * (CR2) and Satterthwaite's degrees of freedom under independent units, which are few when clusters differ in size. Fails
 * with fewer than about five clusters an arm: see `randomisationTest`. Reasons: `too-few-units`, `zero-denominator`, `zero-variance`, `not-finite`.
 */
export function clusterEffect(treatment: readonly ClusterRow[], control: readonly ClusterRow[]): Effect {
  return compareClusters(treatment, control).effect
}

/** The same with the control arm's mean per unit, for an effect relative to it; null where that has no variance. */
export function compareClusters(
  treatment: readonly ClusterRow[],
  control: readonly ClusterRow[],
): { readonly effect: Effect; readonly baseline: Baseline | null } {
  const none = (reason: UndefinedReason, effect: number | null = null) => {
    return { effect: { kind: 'undefined', reason, effect } as const, baseline: null }
  }
  const arms = [treatment, control].map((rows) => rows.filter(({ sum, units }) => units !== 0 || sum !== 0))
  if (arms.some((rows) => rows.some(({ sum, units }) => !Number.isFinite(sum) || !Number.isFinite(units)))) {
    return none('not-finite')
  }
  if (arms.some((rows) => rows.length === 0)) return none('too-few-units')
  const [a, b] = arms.map(armOf)
  if (!(a!.units > 0 && b!.units > 0)) return none('zero-denominator')
  const effect = a!.ratio - b!.ratio
  if (arms.some((rows) => rows.length < 2)) return none('too-few-units', effect)
  const isSmall = arms[0]!.length + arms[1]!.length < ENOUGH_CLUSTERS
  const [left, right] = [a!, b!].map(isSmall ? correctedVariance : plainVariance)
  const variance = left!.variance + right!.variance
  if (!(variance > 0)) return none('zero-variance', effect)
  const dof = isSmall
    ? (left!.trace + right!.trace) ** 2 / (left!.square + right!.square)
    : variance ** 2 / (left!.square + right!.square)
  return {
    effect: { kind: 'effect', effect, stdError: Math.sqrt(variance), dof: referenceDof(dof) },
    baseline: { mean: b!.ratio, variance: right!.variance, covariance: -right!.variance },
  }
}

/**
 * The mean per unit of one group of clusters, Σm / Σd, with the variance of `clusterEffect`: sandwich from 40 clusters on, CR2 with
 * Satterthwaite's degrees of freedom below. Reasons as there.
 */
export function clusterMean(rows: readonly ClusterRow[]): Effect {
  const none = (reason: UndefinedReason, effect: number | null = null): Effect => ({
    kind: 'undefined',
    reason,
    effect,
  })
  if (rows.some(({ sum, units }) => !Number.isFinite(sum) || !Number.isFinite(units))) return none('not-finite')
  if (rows.length === 0) return none('too-few-units')
  const arm = armOf(rows)
  if (!(arm.units > 0)) return none('zero-denominator')
  if (rows.length < 2) return none('too-few-units', arm.ratio)
  const isSmall = rows.length < ENOUGH_CLUSTERS
  const { variance, trace, square } = isSmall ? correctedVariance(arm) : plainVariance(arm)
  if (!(variance > 0)) return none('zero-variance', arm.ratio)
  const dof = isSmall ? trace ** 2 / square : rows.length - 1
  return { kind: 'effect', effect: arm.ratio, stdError: Math.sqrt(variance), dof: referenceDof(dof) }
}

interface ClusterArm {
  readonly rows: readonly ClusterRow[]
  readonly units: number
  readonly ratio: number
}

interface ClusterVariance {
  readonly variance: number
  /** Trace of the matrix of the variance as a quadratic form, and of its square. */
  readonly trace: number
  readonly square: number
}

function armOf(rows: readonly ClusterRow[]): ClusterArm {
  const units = rows.reduce((sum, row) => sum + row.units, 0)
  return { rows, units, ratio: rows.reduce((sum, row) => sum + row.sum, 0) / units }
}

function plainVariance({ rows, units, ratio }: ClusterArm): ClusterVariance {
  const squares = rows.reduce((sum, row) => sum + (row.sum - ratio * row.units) ** 2, 0)
  const variance = (squares / units ** 2) * (rows.length / (rows.length - 1))
  return { variance, trace: variance, square: variance ** 2 / (rows.length - 1) }
}

/** CR2 of one arm's mean, whose hat matrix is 1 1' / D: closed forms of Bell & McCaffrey's matrices. */
function correctedVariance({ rows, units, ratio }: ClusterArm): ClusterVariance {
  const shares = rows.map((row) => row.units / units)
  const variance = rows.reduce((sum, row, g) => sum + (row.sum - ratio * row.units) ** 2 / (1 - shares[g]!), 0)
  // P_gg = p_g / D and P_gh = −p_g p_h / (D √((1 − p_g)(1 − p_h))); Σ over g ≠ h of P² by sums of q = p² / (1 − p).
  const q = shares.map((p) => p ** 2 / (1 - p))
  const sum = q.reduce((total, value) => total + value, 0)
  const own = shares.reduce((total, p, g) => total + p ** 2 - q[g]! ** 2, 0)
  return { variance: variance / units ** 2, trace: 1 / units, square: (own + sum ** 2) / units ** 2 }
}

/** The p value of a randomisation test, and how many assignments it compared. */
export interface RandomisationTest {
  readonly pValue: number
  readonly draws: number
}

/**
 * Two-sided p value of the difference per unit by drawing the assignment of clusters anew `draws` times: (1 + as extreme) / (1 + draws)
 * (Phipson & Smyth 2010). Exact for the hypothesis that no cluster is affected, however few there are; the smallest p that can
 * come out is one over the number of assignments. Null for an arm without clusters or units.
 */
export function randomisationTest(
  arms: { readonly treatment: readonly ClusterRow[]; readonly control: readonly ClusterRow[] },
  { random, draws = 9999 }: { readonly random: () => number; readonly draws?: number },
): RandomisationTest | null {
  const rows = [...arms.treatment, ...arms.control]
  const size = arms.treatment.length
  const observed = Math.abs(splitEffect(rows, size))
  if (size === 0 || size === rows.length || !Number.isFinite(observed)) return null
  let extreme = 0
  for (let draw = 0; draw < draws; draw++) {
    for (let i = 0; i < size; i++) {
      const j = i + Math.floor(random() * (rows.length - i))
      const row = rows[i]!
      rows[i] = rows[j]!
      rows[j] = row
    }
    if (!(Math.abs(splitEffect(rows, size)) < observed * (1 - 1e-12))) extreme++
  }
  return { pValue: (1 + extreme) / (1 + draws), draws }
}

function splitEffect(rows: readonly ClusterRow[], size: number): number {
  const [a, b] = [armOf(rows.slice(0, size)), armOf(rows.slice(size))]
  return a.ratio - b.ratio
}

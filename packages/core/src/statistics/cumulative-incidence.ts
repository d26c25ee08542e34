import { checkLevel, type Estimate, undefinedEstimate } from './estimate.ts'
import { logLogInterval, type SurvivalTable } from './survival-curve.ts'

/** Share of units that had a cause by some moment, and its variance. */
export interface IncidencePoint {
  readonly time: number
  readonly incidence: number
  readonly variance: number
}

/**
 * Share of units that had `cause` first, by time, where other causes compete (a user who opts out cannot convert): Aalen &
 * Johansen (1978), with the Greenwood-type variance of Gaynor et al. (1993). One minus Kaplan & Meier with other causes
 * taken as leaving would claim too much.
 */
export function cumulativeIncidence({ steps }: SurvivalTable, cause: number): readonly IncidencePoint[] {
  if (!(Number.isInteger(cause) && cause >= 1)) throw new RangeError(`cause must be an integer ≥ 1, got ${cause}`)
  let survival = 1
  let incidence = 0
  // Var F(t) = Σ (F(t) − F(s))² a(s) + Σ b(s) − 2 Σ (F(t) − F(s)) c(s): its sums over s, with powers of F(s) inside.
  const sums = { a: 0, af: 0, aff: 0, b: 0, c: 0, cf: 0 }
  return steps.map(({ time, atRisk, events }) => {
    const own = events[cause - 1] ?? 0
    const all = events.reduce((sum, count) => sum + count, 0)
    incidence += (survival * own) / atRisk
    // Nobody is left after the last event: its part is (F(t) − F(s))² = 0 from there on.
    const a = all < atRisk ? all / (atRisk * (atRisk - all)) : 0
    const c = (survival * own) / atRisk ** 2
    sums.a += a
    sums.af += a * incidence
    sums.aff += a * incidence ** 2
    sums.b += (survival ** 2 * own * (atRisk - own)) / atRisk ** 3
    sums.c += c
    sums.cf += c * incidence
    survival *= 1 - all / atRisk
    const spread = sums.a * incidence ** 2 - 2 * incidence * sums.af + sums.aff
    const variance = spread + sums.b - 2 * (incidence * sums.c - sums.cf)
    return { time, incidence, variance: Math.max(0, variance) }
  })
}

/** The share that had `cause` by `time`, with the log(−log) interval. Reasons as in `survivalInterval`. */
export function incidenceInterval(
  table: SurvivalTable,
  { cause, time, level }: { readonly cause: number; readonly time: number; readonly level: number },
): Estimate {
  checkLevel(level)
  if (table.n < 2) return undefinedEstimate('too-few-units')
  if (time > table.lastTime) return undefinedEstimate('not-reached')
  const point = cumulativeIncidence(table, cause).findLast((step) => step.time <= time)
  if (point === undefined || point.incidence === 0 || point.incidence >= 1 || point.variance === 0) {
    return undefinedEstimate('zero-variance', point?.incidence ?? 0)
  }
  return logLogInterval(point.incidence, Math.sqrt(point.variance), level)
}

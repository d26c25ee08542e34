import { PalomaError } from '../domain/index.ts'

/** How long outcomes take, learned from decisions whose whole window has passed; bin b ends at `edgesHours[b]`. */
export interface DelayCurve {
  /** Ends of the bins in hours, rising; the last is the window. */
  readonly edgesHours: readonly number[]
  /** Outcomes of matured decisions by bin of their delay. */
  readonly outcomes: Float64Array
}

/** Which share of the outcomes of a window has come by an age, and the standard error of that share. */
export interface Maturity {
  readonly share: number
  readonly standardError: number
}

/** A curve that has seen nothing. Throws DELAY_INVALID unless edges are > 0 and rise. */
export function createDelayCurve(edgesHours: readonly number[]): DelayCurve {
  if (edgesHours.length === 0) throw invalid('edgesHours.length', '≥ 1', 0)
  edgesHours.forEach((edge, b) => {
    const before = b === 0 ? 0 : edgesHours[b - 1]!
    if (!(edge > before && edge < Infinity)) throw invalid(`edgesHours[${b}]`, `a finite number > ${before}`, edge)
  })
  return { edgesHours, outcomes: new Float64Array(edgesHours.length) }
}

/**
 * A curve with the delays of outcomes of matured decisions, in any order. Delays beyond the window are no outcomes of it and are
 * left out. Give it outcomes of decisions older than the window only: young ones have shown their quick outcomes alone. Throws
 * DELAY_INVALID naming a delay that is negative or no number.
 */
export function learnDelays(curve: DelayCurve, delaysHours: Iterable<number>): DelayCurve {
  const outcomes = Float64Array.from(curve.outcomes)
  let index = 0
  for (const delay of delaysHours) {
    if (!(delay >= 0 && delay < Infinity)) throw invalid(`delaysHours[${index}]`, 'a finite number ≥ 0', delay)
    const bin = curve.edgesHours.findIndex((edge) => delay < edge)
    if (bin >= 0) outcomes[bin] = outcomes[bin]! + 1
    index += 1
  }
  return { edgesHours: curve.edgesHours, outcomes }
}

/** A curve that half forgets: counts times `keep` in (0, 1], for delays that drift. Throws KEEP_OUT_OF_RANGE. */
export function forgetDelays(curve: DelayCurve, keep: number): DelayCurve {
  if (!(keep > 0 && keep <= 1)) throw new PalomaError('KEEP_OUT_OF_RANGE', `keep must be in (0, 1], got ${keep}`)
  return { edgesHours: curve.edgesHours, outcomes: curve.outcomes.map((count) => keep * count) }
}

/** Discrete-time hazards: the chance that an outcome which will come and has not come yet comes in bin b; null once none is left. */
export function delayHazards({ outcomes }: DelayCurve): readonly (number | null)[] {
  let left = outcomes.reduce((sum, count) => sum + count, 0)
  return Array.from(outcomes, (count) => {
    const hazard = left > 0 ? count / left : null
    left -= count
    return hazard
  })
}

/**
 * F(age) = 1 − Π (1 − hazard) over the bins passed, linear within a bin; standard error of a share of m outcomes. Null before the first
 * outcome was learned from. 1 from the window on.
 */
export function maturity(curve: DelayCurve, ageHours: number): Maturity | null {
  if (!(ageHours >= 0)) throw invalid('ageHours', '≥ 0', ageHours)
  const total = curve.outcomes.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  const share = cumulativeOutcomes(curve, ageHours) / total
  return { share, standardError: Math.sqrt((share * (1 - share)) / total) }
}

/** Outcomes with a delay below `ageHours`; those of the bin it falls into by its passed part. */
function cumulativeOutcomes({ edgesHours, outcomes }: DelayCurve, ageHours: number): number {
  let sum = 0
  for (let b = 0, start = 0; b < outcomes.length; start = edgesHours[b++]!) {
    const passed = Math.min(1, (ageHours - start) / (edgesHours[b]! - start))
    if (passed <= 0) break
    sum += passed * outcomes[b]!
  }
  return sum
}

function invalid(field: string, expected: string, value: number): PalomaError {
  return new PalomaError('DELAY_INVALID', `${field} must be ${expected}, got ${value}`)
}

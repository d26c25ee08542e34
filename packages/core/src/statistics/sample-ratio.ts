import { chiSquareUpper } from '../numeric/index.ts'
import type { UndefinedReason } from './estimate.ts'

/** Below this probability a split is called broken: one false alarm in a thousand checks. */
export const SAMPLE_RATIO_ALARM = 0.001

// Cochran's rule: with fewer expected units in a cell the χ² approximation is not to be trusted.
const LEAST_EXPECTED = 5

/** The answer of a sample ratio test. */
export type SampleRatio =
  | {
      readonly kind: 'test'
      readonly statistic: number
      readonly dof: number
      readonly pValue: number
      /** The split differs from the planned one beyond chance: find the fault before reading any effect. */
      readonly isMismatch: boolean
    }
  | { readonly kind: 'undefined'; readonly reason: UndefinedReason }

/**
 * Pearson's χ² test of observed group sizes against planned shares (sample ratio mismatch; Fabijan et al. 2019).
 * `shares` run parallel to `counts`, on any common scale. Assumes one look: repeated looks raise false alarms. Groups
 * of share 0 with units are a mismatch for certain; fewer than five expected units in a group, or fewer than two
 * groups: `too-few-units`. Throws a RangeError for lists of different length, or a negative number.
 */
export function sampleRatioTest(counts: readonly number[], shares: readonly number[]): SampleRatio {
  checkCells(counts, shares)
  const total = counts.reduce((sum, count) => sum + count, 0)
  const whole = shares.reduce((sum, share) => sum + share, 0)
  const cells = counts
    .map((count, i) => ({ count, expected: whole === 0 ? 0 : (total * shares[i]!) / whole }))
    .filter((cell) => cell.count > 0 || cell.expected > 0)
  if (cells.some((cell) => cell.expected === 0)) return impossible(cells.length - 1)
  if (cells.length < 2 || cells.some((cell) => cell.expected < LEAST_EXPECTED)) {
    return { kind: 'undefined', reason: 'too-few-units' }
  }
  const statistic = cells.reduce((sum, { count, expected }) => sum + (count - expected) ** 2 / expected, 0)
  const dof = cells.length - 1
  const pValue = chiSquareUpper(statistic, dof)
  return { kind: 'test', statistic, dof, pValue, isMismatch: pValue < SAMPLE_RATIO_ALARM }
}

/** Units where none could fall: no chance explains them. */
function impossible(dof: number): SampleRatio {
  return { kind: 'test', statistic: Number.POSITIVE_INFINITY, dof, pValue: 0, isMismatch: true }
}

function checkCells(counts: readonly number[], shares: readonly number[]): void {
  if (counts.length !== shares.length) {
    throw new RangeError(`shares must have one entry per count, got ${shares.length} for ${counts.length}`)
  }
  const wrong = [...counts, ...shares].find((value) => !(value >= 0 && Number.isFinite(value)))
  if (wrong !== undefined) throw new RangeError(`counts and shares must be finite and ≥ 0, got ${wrong}`)
}

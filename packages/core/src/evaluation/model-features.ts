import type { EvaluationLog, FeatureMatrix } from './evaluation-log.ts'

/** Features of one action of one decision, context first, standardised on the rows of a fit. */
export interface FeatureReader {
  readonly size: number
  readonly contextSize: number
  /** One buffer, written anew by each call. `at`: flat place of the action. */
  read(decision: number, at: number): Float64Array
}

/**
 * Standardises over the chosen actions of `rows`: by means, and by standard deviations or a quarter of the range, whichever is larger, so that no
 * row lies beyond 4 and a value that only few rows have is held back like any other. Features that do not vary there read 0.
 */
export function featureReader(log: EvaluationLog, rows: Int32Array): FeatureReader {
  const { context, actionFeatures } = log
  const contextSize = context?.width ?? 0
  const size = contextSize + (actionFeatures?.width ?? 0)
  const buffer = new Float64Array(size)
  const fill = (decision: number, at: number): void => {
    copyRow(context, decision, { buffer, from: 0 })
    copyRow(actionFeatures, at, { buffer, from: contextSize })
  }
  const centre = new Float64Array(size)
  const squares = new Float64Array(size)
  const low = new Float64Array(size).fill(Number.POSITIVE_INFINITY)
  const high = new Float64Array(size).fill(Number.NEGATIVE_INFINITY)
  let n = 0
  for (const i of rows) {
    fill(i, log.offsets[i]! + log.chosen[i]!)
    n += 1
    for (let j = 0; j < size; j++) {
      const delta = buffer[j]! - centre[j]!
      centre[j] = centre[j]! + delta / n
      squares[j] = squares[j]! + delta * (buffer[j]! - centre[j]!)
      low[j] = Math.min(low[j]!, buffer[j]!)
      high[j] = Math.max(high[j]!, buffer[j]!)
    }
  }
  const scale = squares.map((sum, j) => {
    const spread = Math.max(Math.sqrt(sum / n), (high[j]! - low[j]!) / MOST_SPREADS)
    return spread > NO_SPREAD * Math.abs(centre[j]!) && sum > 0 ? 1 / spread : 0
  })
  return {
    size,
    contextSize,
    read: (decision, at) => {
      fill(decision, at)
      for (let j = 0; j < size; j++) buffer[j] = (buffer[j]! - centre[j]!) * scale[j]!
      return buffer
    },
  }
}

const MOST_SPREADS = 4
// Relative to its mean: a spread below this is rounding.
const NO_SPREAD = 1e-9

function copyRow(
  matrix: FeatureMatrix | undefined,
  row: number,
  to: { readonly buffer: Float64Array; readonly from: number },
): void {
  if (matrix === undefined) return
  for (let j = 0; j < matrix.width; j++) to.buffer[to.from + j] = matrix.values[row * matrix.width + j]!
}

import { PalomaError } from '../domain/index.ts'
import { type BinnedFeatures, binFeatures } from './bin-features.ts'
import type { FeatureRows } from './ridge.ts'

/** One step of an additive model: `below` where the feature is ≤ `cut`, else `above`. */
export interface Stump {
  readonly feature: number
  readonly cut: number
  readonly below: number
  readonly above: number
}

/** mean + Σ stumps. */
export interface AdditiveModel {
  readonly mean: number
  readonly stumps: readonly Stump[]
}

/** Size of the steps, how many at most, and fewest rows on either side of a cut. */
export interface BoostOptions {
  readonly rounds: number
  readonly shrinkage: number
  readonly fewestRows: number
}

/**
 * Boosting of stumps on squared error (Friedman 2001, LS_Boost; Bühlmann & Yu 2003): every round adds `shrinkage` times the stump that
 * lowers the error most, so the model is a sum of step functions of single features, without interactions. Deterministic; ties go to the first
 * feature and lowest cut. `picks` are the rows used. FeatureRows with the same cuts get the same prediction.
 */
export function fitStumps(rows: FeatureRows, targets: ArrayLike<number>, options: BoostOptions & Picks): AdditiveModel {
  const { picks } = options
  if (picks.length === 0) throw new PalomaError('ROWS_EMPTY', 'picks must name at least 1 row, got 0')
  const binned = binFeatures(rows, picks)
  let mean = 0
  for (const i of picks) mean += targets[i]! / picks.length
  const residuals = Float64Array.from(picks, (i) => targets[i]! - mean)
  const stumps: Stump[] = []
  for (let round = 0; round < options.rounds; round++) {
    const best = bestSplit(binned, residuals, options.fewestRows)
    if (best === null) break
    const stump = {
      feature: best.feature,
      cut: binned.cuts[best.feature]![best.bin]!,
      below: options.shrinkage * best.below,
      above: options.shrinkage * best.above,
    }
    const column = binned.columns[best.feature]!
    for (let i = 0; i < residuals.length; i++) {
      residuals[i] = residuals[i]! - (column[i]! <= best.bin ? stump.below : stump.above)
    }
    stumps.push(stump)
  }
  return { mean, stumps }
}

/** The rows used, by index. */
export interface Picks {
  readonly picks: readonly number[]
}

/** The prediction at one row. */
export function predictStumps({ mean, stumps }: AdditiveModel, row: ArrayLike<number>): number {
  let sum = mean
  for (const { feature, cut, below, above } of stumps) sum += row[feature]! <= cut ? below : above
  return sum
}

interface Split {
  readonly feature: number
  readonly bin: number
  readonly below: number
  readonly above: number
  readonly gain: number
}

function bestSplit({ columns, cuts }: BinnedFeatures, residuals: Float64Array, fewestRows: number): Split | null {
  let best: Split | null = null
  for (let feature = 0; feature < columns.length; feature++) {
    const bins = binSums(columns[feature]!, residuals, cuts[feature]!.length + 1)
    const split = bestCut(bins, fewestRows)
    if (split !== null && split.gain > (best?.gain ?? 0)) best = { ...split, feature }
  }
  return best
}

/** Sum and number of residuals per bin of one feature. */
interface BinSums {
  readonly sums: Float64Array
  readonly counts: Float64Array
}

function binSums(column: Uint8Array, residuals: Float64Array, bins: number): BinSums {
  const sums = new Float64Array(bins)
  const counts = new Float64Array(bins)
  for (let i = 0; i < residuals.length; i++) {
    const bin = column[i]!
    sums[bin] = sums[bin]! + residuals[i]!
    counts[bin] = counts[bin]! + 1
  }
  return { sums, counts }
}

/** The cut with the largest gain, n₁ mean₁² + n₂ mean₂² up to a constant. */
function bestCut({ sums, counts }: BinSums, fewestRows: number): Omit<Split, 'feature'> | null {
  const total = sums.reduce((all, sum) => all + sum, 0)
  const rows = counts.reduce((all, count) => all + count, 0)
  let best: Omit<Split, 'feature'> | null = null
  for (let bin = 0, sum = 0, count = 0; bin < sums.length - 1; bin++) {
    sum += sums[bin]!
    count += counts[bin]!
    const rest = rows - count
    if (count < fewestRows || rest < fewestRows) continue
    const below = sum / count
    const above = (total - sum) / rest
    const gain = below * sum + above * (total - sum)
    if (gain > (best?.gain ?? 0)) best = { bin, below, above, gain }
  }
  return best
}

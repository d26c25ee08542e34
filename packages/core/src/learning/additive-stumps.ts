import { PalomaError } from '../domain/index.ts'
import { type BinCounts, type BinnedFeatures, binFeatures, countBins } from './bin-features.ts'
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
 * Boosting of stumps on squared error (Friedman 2001, LS_Boost; Bühlmann & Yu 2003): every round adds `shrinkage` times the
 * stump that lowers the error most, so the model is a sum of step functions of single features, without interactions.
 * Rounds work on sums per bin and on how many rows bins share, so they do not go through the rows again. Deterministic; ties go to
 * the first feature and lowest cut. Rows with the same bins get the same prediction. Throws ROWS_EMPTY.
 */
export function fitStumps(rows: FeatureRows, targets: ArrayLike<number>, options: BoostOptions & Picks): AdditiveModel {
  const { picks, shrinkage } = options
  if (picks.length === 0) throw new PalomaError('ROWS_EMPTY', 'picks must name at least 1 row, got 0')
  const binned = binFeatures(rows, picks)
  const counts = countBins(binned)
  let mean = 0
  for (const i of picks) mean += targets[i]! / picks.length
  const residuals = Float64Array.from(picks, (i) => targets[i]! - mean)
  const sums = sumByBin(binned, counts, residuals)
  const stumps: Stump[] = []
  for (let round = 0; round < options.rounds; round++) {
    const best = bestSplit(sums, counts, { all: picks.length, fewestRows: options.fewestRows })
    if (best === null) break
    const { feature, bin } = best
    const stump = {
      feature,
      cut: binned.cuts[feature]![bin]!,
      below: shrinkage * best.below,
      above: shrinkage * best.above,
    }
    takeOff(sums, counts, { stump, bin })
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

function sumByBin({ columns }: BinnedFeatures, { offsets, size }: BinCounts, residuals: Float64Array): Float64Array {
  const sums = new Float64Array(size)
  columns.forEach((column, f) => {
    for (let i = 0; i < residuals.length; i++) {
      const at = offsets[f]! + column[i]!
      sums[at] = sums[at]! + residuals[i]!
    }
  })
  return sums
}

/** Sums of what remains after a stump: every bin loses the stump's value times the rows it shares with each side. */
function takeOff(
  sums: Float64Array,
  { offsets, size, rows, upTo }: BinCounts,
  { stump, bin }: { readonly stump: Stump; readonly bin: number },
): void {
  const cut = offsets[stump.feature]! + bin
  for (let at = 0; at < size; at++) {
    const below = upTo[at * size + cut]!
    sums[at] = sums[at]! - below * stump.below - (rows[at]! - below) * stump.above
  }
}

/** The cut with the largest gain, n₁ mean₁² + n₂ mean₂² up to a constant. */
function bestSplit(
  sums: Float64Array,
  { offsets, rows }: BinCounts,
  { all, fewestRows }: { readonly all: number; readonly fewestRows: number },
): Split | null {
  let best: Split | null = null
  for (let feature = 0; feature < offsets.length - 1; feature++) {
    const start = offsets[feature]!
    const end = offsets[feature + 1]!
    let total = 0
    for (let at = start; at < end; at++) total += sums[at]!
    for (let at = start, sum = 0, count = 0; at < end - 1; at++) {
      sum += sums[at]!
      count += rows[at]!
      const rest = all - count
      if (count < fewestRows || rest < fewestRows) continue
      const below = sum / count
      const above = (total - sum) / rest
      const gain = below * sum + above * (total - sum)
      if (gain > (best?.gain ?? 0)) best = { feature, bin: at - start, below, above, gain }
    }
  }
  return best
}

import {
  type AdjustedEffect,
  meanEffect,
  mergeVectorMoments,
  noVectorMoments,
  ratioEffect,
  type VectorMoments,
} from '../statistics/index.ts'
import { combineStrata, type Stratum } from './combine-strata.ts'
import type { SummaryCell, VectorColumns } from './experiment-summary.ts'

/** The two variants of one comparison. */
export interface Pair {
  readonly treatment: string
  readonly control: string
}

/** Cells of one metric, and what their numbers are. */
export interface MetricCells {
  readonly columns: VectorColumns
  readonly cells: readonly SummaryCell[]
}

/** All users of a variant together. */
export function momentsOfVariant({ columns, cells }: MetricCells, variant: string): VectorMoments {
  return cells
    .filter((cell) => cell.variant === variant)
    .reduce((sum, cell) => mergeVectorMoments(sum, cell.moments), noVectorMoments(columns.names.length))
}

/**
 * Effect of a treatment on one metric, phases and strata compared each in itself and weighed by their users: pooled means
 * would mix a change of shares with an effect.
 */
export function compareMetric(metric: MetricCells, pair: Pair): AdjustedEffect {
  const strata = strataOf(metric, pair)
  if (strata.length <= 1) return compareArms(metric.columns, strata[0] ?? armsOf(metric, pair))
  return combineStrata(
    strata.map(
      (arms) =>
        ({ users: arms.treatment.n + arms.control.n, found: compareArms(metric.columns, arms) }) satisfies Stratum,
    ),
  )
}

interface TwoArms {
  readonly treatment: VectorMoments
  readonly control: VectorMoments
}

function armsOf(metric: MetricCells, { treatment, control }: Pair): TwoArms {
  return { treatment: momentsOfVariant(metric, treatment), control: momentsOfVariant(metric, control) }
}

function strataOf({ columns, cells }: MetricCells, pair: Pair): readonly TwoArms[] {
  const groups = new Map<string, SummaryCell[]>()
  for (const cell of cells) {
    if (cell.variant !== pair.treatment && cell.variant !== pair.control) continue
    const key = JSON.stringify([cell.phase, cell.stratum])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [cell])
    else group.push(cell)
  }
  return [...groups.values()].map((group) => armsOf({ columns, cells: group }, pair))
}

/** Two arms on one metric: a mean, or a ratio of sums. */
export function compareArms(columns: VectorColumns, { treatment, control }: TwoArms): AdjustedEffect {
  const { numerator, denominator, before, covariates } = columns
  if (denominator === null)
    return meanEffect({ treatment, control, metric: numerator, covariates: [...before, ...covariates] })
  const [past, pastDenominator] = before
  return ratioEffect({
    treatment,
    control,
    numerator,
    denominator,
    covariates,
    ...(past === undefined || pastDenominator === undefined
      ? {}
      : { before: { numerator: past, denominator: pastDenominator } }),
  })
}

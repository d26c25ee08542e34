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
  const phases = groupsOf(metric, pair, ({ phase }) => phase).map((cells) => {
    const strata = groupsOf({ ...metric, cells }, pair, ({ stratum }) => stratum).map((own) =>
      partOf({ ...metric, cells: own }, pair),
    )
    return { users: usersOf(strata), found: combineStrata(strata, { areStrata: true }) }
  })
  return phases.length === 0 ? partOf(metric, pair).found : combineStrata(phases, { areStrata: false })
}

function usersOf(parts: readonly Stratum[]): number {
  return parts.reduce((sum, { users }) => sum + users, 0)
}

function partOf(metric: MetricCells, pair: Pair): Stratum {
  const arms = { treatment: momentsOfVariant(metric, pair.treatment), control: momentsOfVariant(metric, pair.control) }
  return { users: arms.treatment.n + arms.control.n, found: compareArms(metric.columns, arms) }
}

/** Cells of the two variants by phase or stratum. */
function groupsOf(
  { cells }: MetricCells,
  pair: Pair,
  nameOf: (cell: SummaryCell) => string | null,
): readonly (readonly SummaryCell[])[] {
  const groups = new Map<string | null, SummaryCell[]>()
  for (const cell of cells) {
    if (cell.variant !== pair.treatment && cell.variant !== pair.control) continue
    const group = groups.get(nameOf(cell))
    if (group === undefined) groups.set(nameOf(cell), [cell])
    else group.push(cell)
  }
  return [...groups.values()]
}

interface TwoArms {
  readonly treatment: VectorMoments
  readonly control: VectorMoments
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

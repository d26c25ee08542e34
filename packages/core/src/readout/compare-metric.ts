import {
  type AdjustedEffect,
  type ArmMean,
  type ClusterRow,
  compareClusters,
  ENOUGH_CLUSTERS,
  meanEffect,
  mergeVectorMoments,
  noVectorMoments,
  ratioEffect,
  type VectorMoments,
} from '../statistics/index.ts'
import { combineStrata, type Stratum } from './combine-strata.ts'
import type { SegmentCell, SummaryCell, VectorColumns } from './experiment-summary.ts'

/** The two variants of one comparison. */
export interface Pair {
  readonly treatment: string
  readonly control: string
}

/** Cells of one metric, and what their numbers are. */
export interface MetricCells {
  readonly columns: VectorColumns
  readonly cells: readonly SummaryCell[]
  /** Cells up to and with each day, where days do not add up: users of one cluster come on many. */
  readonly looks?: readonly SummaryCell[]
}

/** The cells of one variant; the members of either list are of one kind. */
type Cell = Pick<SummaryCell, 'variant' | 'moments' | 'clusters'>

/** Users whose values moments hold: of clusters, those that the clusters are made of. */
export function usersIn({ users }: VectorColumns, { n, mean }: VectorMoments): number {
  return users === undefined || n === 0 ? n : Math.round(n * mean[users]!)
}

/** All users of a variant together. */
export function momentsOfVariant(
  { columns, cells }: { readonly columns: VectorColumns; readonly cells: readonly Cell[] },
  variant: string,
): VectorMoments {
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
    const own = { ...metric, cells }
    const groups = groupsOf(own, pair, ({ stratum }) => stratum)
    const strata = thinTogether(own, groups, pair).map((each) => partOf({ ...metric, cells: each }, pair))
    return { users: usersOf(strata), found: combineStrata(strata, { areStrata: true }) }
  })
  return phases.length === 0 ? partOf(metric, pair).found : combineStrata(phases, { areStrata: false })
}

/** The comparison within one segment, phase by phase, and how many users it is of. */
export function compareSegment(columns: VectorColumns, cells: readonly SegmentCell[], pair: Pair): Stratum {
  const own = cells.map((cell) => ({ ...cell, stratum: null, day: null }))
  const users = [pair.treatment, pair.control].map((variant) =>
    usersIn(columns, momentsOfVariant({ columns, cells }, variant)),
  )
  return { users: users[0]! + users[1]!, found: compareMetric({ columns, cells: own }, pair) }
}

/** Strata with fewer than two units of a variant compare nothing by themselves: they are one. */
function thinTogether(
  { columns }: MetricCells,
  groups: readonly (readonly SummaryCell[])[],
  pair: Pair,
): readonly (readonly SummaryCell[])[] {
  const isThin = (cells: readonly SummaryCell[]): boolean =>
    [pair.treatment, pair.control].some((variant) => momentsOfVariant({ columns, cells }, variant).n < 2)
  const thin = groups.filter(isThin)
  return thin.length < 2 ? groups : [...groups.filter((cells) => !isThin(cells)), thin.flat()]
}

function usersOf(parts: readonly Stratum[]): number {
  return parts.reduce((sum, { users }) => sum + users, 0)
}

function partOf(metric: MetricCells, pair: Pair): Stratum {
  return compareCells(metric.columns, metric.cells, pair)
}

/** The comparison of two variants on cells that need not be told apart, and how many users it is of. */
function compareCells(columns: VectorColumns, cells: readonly Cell[], pair: Pair): Stratum {
  const arms = {
    treatment: momentsOfVariant({ columns, cells }, pair.treatment),
    control: momentsOfVariant({ columns, cells }, pair.control),
  }
  const users = usersIn(columns, arms.treatment) + usersIn(columns, arms.control)
  const few = fewClusters(cells, pair)
  return { users, found: few === null ? compareArms(columns, arms) : compareFew(few) }
}

/** The clusters of both variants where they are too few for the moments of their sums; null where they are many, or none. */
export function fewClusters(
  cells: readonly Cell[],
  pair: Pair,
): { readonly treatment: readonly ClusterRow[]; readonly control: readonly ClusterRow[] } | null {
  const own = cells.filter(({ variant }) => variant === pair.treatment || variant === pair.control)
  if (own.length === 0 || own.some(({ clusters }) => clusters === undefined)) return null
  const of = (name: string) => own.flatMap(({ variant, clusters = [] }) => (variant === name ? clusters : []))
  const found = { treatment: of(pair.treatment), control: of(pair.control) }
  return found.treatment.length + found.control.length < ENOUGH_CLUSTERS ? found : null
}

function compareFew(arms: NonNullable<ReturnType<typeof fewClusters>>): AdjustedEffect {
  const { effect, baseline } = compareClusters(arms.treatment, arms.control)
  const meanOf = (rows: readonly ClusterRow[]): ArmMean | null => {
    const units = rows.reduce((sum, row) => sum + row.units, 0)
    const mean = rows.reduce((sum, row) => sum + row.sum, 0) / units
    return Number.isFinite(mean) ? { unadjusted: mean, adjusted: mean } : null
  }
  return {
    ...{ effect, unadjusted: effect, baseline, adjustment: 'none', covariates: [], dropped: [], varianceReduction: 0 },
    ...{ treatmentMean: meanOf(arms.treatment), controlMean: meanOf(arms.control), linearisation: null },
  }
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

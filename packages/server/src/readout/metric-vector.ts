import type { ExperimentMetric, VectorColumns } from '@paloma/core'
import type { FileSpec } from './contract.ts'
import { covariateColumn, type Exposures } from './exposure.ts'
import { completeWhen, type Facts, isAdjusted } from './facts.ts'
import { numeral } from './sql.ts'

/** SQL of one metric's vector over `exposure e LEFT JOIN facts f`: names of columns of the cleaned relation. */
export interface MetricVector {
  readonly metric: ExperimentMetric
  readonly columns: VectorColumns
  /** Expressions AS names; the numerator first. A vector is null as a whole, or not at all. */
  readonly select: readonly string[]
  /** Names in the order of the vector. */
  readonly names: readonly string[]
  /** Places of numbers that are 1 of everybody, divided by the propensity. */
  readonly ones: readonly number[]
  /** Whether the user's window has closed; `true` where there is none. */
  readonly complete: string
  /** The raw numbers whose absence or infinity leaves a user out. */
  readonly raw: readonly string[]
  /** Names a column that is not null where a counted user lacks a covariate. */
  readonly gap: string
  /** Expressions of the covariates. */
  readonly covariates: readonly string[]
}

/** What the vectors of a read-out depend on. */
export interface VectorScene {
  readonly spec: FileSpec
  readonly exposures: Exposures
  readonly facts: Facts
  /** By metric: numbers above it are set to it. */
  readonly limits: ReadonlyMap<string, number>
  /** Expressions of covariates that some counted users lack: an indicator goes beside each. */
  readonly incomplete: ReadonlySet<string>
}

/** The vectors of all metrics that are read as means or ratios. */
export function metricVectors(scene: VectorScene): readonly MetricVector[] {
  return scene.spec.readOut.metrics.map((metric, i) => vectorOf(scene, metric, i))
}

function vectorOf(scene: VectorScene, metric: ExperimentMetric, i: number): MetricVector {
  const { spec, facts, incomplete } = scene
  const { numerator, denominator, pre } = facts.columns[i]!
  const complete = completeWhen({ ...scene, asOf: facts.asOf }, metric)
  const raw = [numerator, ...(denominator === null ? [] : [denominator])].map((column) => present(facts, `f.${column}`))
  const isWeighted = spec.columns.assignments.propensity !== null
  const ownNames = isWeighted || !isAdjusted(metric) ? [] : spec.columns.assignments.covariates
  const own = ownNames.map((_, j) => `e.${covariateColumn(j)}`)
  const before = isWeighted ? [] : pre.map((column) => capped(scene, metric, present(facts, `f.${column}`)))
  const covariates = [...before, ...own]
  const lacking = covariates.flatMap((x, j) => (incomplete.has(x) ? [j] : []))
  const whole = [complete, ...raw.map((expression) => `isfinite(${expression})`)].join(' AND ')
  const values = outcomes({ scene, metric, raw, isWeighted })
  const select = [
    ...values.map((value) => `CASE WHEN ${whole} THEN ${value} END`),
    ...covariates.map((x) => amongCounted(i, `CASE WHEN isfinite(${x}) THEN ${x} ELSE 0 END`)),
    ...lacking.map((j) =>
      amongCounted(i, `CASE WHEN isfinite(${covariates[j]}) THEN 0.0::DOUBLE ELSE 1.0::DOUBLE END`),
    ),
  ]
  const names = select.map((_, j) => `y${i}_${j}`)
  return {
    metric,
    columns: vectorColumns(metric, {
      values: values.length,
      before: before.length,
      own: ownNames,
      lacking,
    }),
    select: [...select.map((expression, j) => `${expression} AS ${names[j]}`), `${gapAmong(i, covariates)} AS g${i}`],
    names,
    ones: isWeighted && denominator === null ? [1] : [],
    complete,
    raw,
    gap: `g${i}`,
    covariates,
  }
}

/** A covariate counts only among users whose metric does. */
function amongCounted(i: number, expression: string): string {
  return `CASE WHEN y${i}_0 IS NOT NULL THEN ${expression} END`
}

function gapAmong(i: number, covariates: readonly string[]): string {
  if (covariates.length === 0) return 'NULL'
  const isGap = covariates.map((x) => `isfinite(${x}) IS NOT TRUE`).join(' OR ')
  return `CASE WHEN y${i}_0 IS NOT NULL AND (${isGap}) THEN 1 END`
}

function vectorColumns(
  { name }: ExperimentMetric,
  parts: {
    readonly values: number
    readonly before: number
    readonly own: readonly string[]
    readonly lacking: readonly number[]
  },
): VectorColumns {
  const values = parts.values === 1 ? [name] : [`${name} numerator`, `${name} denominator`]
  const known = [...values.slice(0, parts.before).map((value) => `${value} before`), ...parts.own]
  const names = [...values, ...known, ...parts.lacking.map((j) => `${known[j]} missing`)]
  const places = names.map((_, j) => j)
  return {
    names,
    numerator: 0,
    denominator: parts.values > 1 ? 1 : null,
    before: places.slice(parts.values, parts.values + parts.before),
    covariates: places.slice(parts.values + parts.before),
  }
}

/** The user's number or, of a ratio, both; divided by the propensity where variants were drawn with different ones. */
function outcomes(of: {
  readonly scene: VectorScene
  readonly metric: ExperimentMetric
  readonly raw: readonly string[]
  readonly isWeighted: boolean
}): readonly string[] {
  const { scene, metric, raw, isWeighted } = of
  const [first = '', second] = raw
  const isShare = metric.metricType === 'proportion' || metric.metricType === 'retention'
  const value = isShare ? `CAST(${first} <> 0 AS DOUBLE)` : capped(scene, metric, first)
  if (!isWeighted) return second === undefined ? [value] : [value, second]
  // Hájek: the mean weighted by 1/p is a ratio of sums.
  return [`${value} / e.propensity`, second === undefined ? '1 / e.propensity' : `${second} / e.propensity`]
}

function capped({ limits }: VectorScene, { name }: ExperimentMetric, expression: string): string {
  const limit = limits.get(name)
  return limit === undefined ? expression : `least(${expression}, ${numeral(limit)})`
}

function present(facts: Facts, column: string): string {
  return facts.absentIsZero ? `CASE WHEN f.u IS NULL THEN CAST(0 AS DOUBLE) ELSE ${column} END` : column
}

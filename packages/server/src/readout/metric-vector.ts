import type { ExperimentMetric, VectorColumns } from '@paloma/core'
import type { FileSpec } from './contract.ts'
import { covariateColumn, type Exposures } from './exposure.ts'
import { completeWhen, type Facts } from './facts.ts'
import { numeral } from './sql.ts'

/** SQL of one metric's vector over `exposure e LEFT JOIN facts f`: names of columns of the cleaned relation. */
export interface MetricVector {
  readonly metric: ExperimentMetric
  readonly columns: VectorColumns
  /** Expressions AS names; the numerator first. A vector is null as a whole, or not at all. */
  readonly select: readonly string[]
  /** Names in the order of the vector. */
  readonly names: readonly string[]
  /** Whether the user's window has closed; `true` where there is none. */
  readonly complete: string
  /** The raw numbers whose absence or infinity leaves a user out. */
  readonly raw: readonly string[]
  /** Names a column that is not null where a counted user lacks a covariate. */
  readonly gap: string
}

/** What the vectors of a read-out depend on. */
export interface VectorScene {
  readonly spec: FileSpec
  readonly exposures: Exposures
  readonly facts: Facts
  /** By metric: numbers above it are set to it. */
  readonly limits: ReadonlyMap<string, number>
  /** Covariates of this scene are missing for some users: an indicator goes beside each. */
  readonly withIndicators: boolean
}

/** The vectors of all metrics that are read as means or ratios. */
export function metricVectors(scene: VectorScene): readonly MetricVector[] {
  return scene.spec.readOut.metrics.map((metric, i) => vectorOf(scene, metric, i))
}

function vectorOf(scene: VectorScene, metric: ExperimentMetric, i: number): MetricVector {
  const { spec, facts, withIndicators } = scene
  const { numerator, denominator, pre } = facts.columns[i]!
  const complete = completeWhen({ ...scene, asOf: facts.asOf }, metric)
  const raw = [numerator, ...(denominator === null ? [] : [denominator])].map((column) => present(facts, `f.${column}`))
  const isWeighted = spec.columns.assignments.propensity !== null
  const own = isWeighted ? [] : spec.columns.assignments.covariates.map((_, j) => `e.${covariateColumn(j)}`)
  const before = isWeighted ? [] : pre.map((column) => capped(scene, metric, present(facts, `f.${column}`)))
  const covariates = [...before, ...own]
  const whole = [complete, ...raw.map((expression) => `isfinite(${expression})`)].join(' AND ')
  const values = outcomes({ scene, metric, raw, isWeighted })
  const select = [
    ...values.map((value) => `CASE WHEN ${whole} THEN ${value} END`),
    ...covariates.map((x) => amongCounted(i, `CASE WHEN isfinite(${x}) THEN ${x} ELSE 0 END`)),
    ...(withIndicators ? covariates : []).map((x) =>
      amongCounted(i, `CASE WHEN isfinite(${x}) THEN 0.0::DOUBLE ELSE 1.0::DOUBLE END`),
    ),
  ]
  const names = select.map((_, j) => `y${i}_${j}`)
  const ownNames = isWeighted ? [] : spec.columns.assignments.covariates
  return {
    metric,
    columns: vectorColumns(metric, {
      values: values.length,
      before: before.length,
      own: ownNames,
      size: select.length,
    }),
    select: [...select.map((expression, j) => `${expression} AS ${names[j]}`), `${gapAmong(i, covariates)} AS g${i}`],
    names,
    complete,
    raw,
    gap: `g${i}`,
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
  parts: { readonly values: number; readonly before: number; readonly own: readonly string[]; readonly size: number },
): VectorColumns {
  const values = parts.values === 1 ? [name] : [`${name} numerator`, `${name} denominator`]
  const known = [...values.slice(0, parts.before).map((value) => `${value} before`), ...parts.own]
  const indicators = known.map((value) => `${value} missing`)
  const places = Array.from({ length: parts.size }, (_, j) => j)
  return {
    names: [...values, ...known, ...indicators].slice(0, parts.size),
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

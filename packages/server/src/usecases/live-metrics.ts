import {
  assertNever,
  type ExperimentMetric,
  type FactMetric,
  type MetricPart,
  type Objective,
  type Outcome,
  PalomaError,
} from '@paloma/core'
import type { Config } from '../config/contract.ts'
import { own } from './event-values.ts'

/** The metric that an objective is, where the catalogue has none of its name. */
export function metricOf(objective: Objective): FactMetric {
  const { name, unit, windowHours } = objective
  const windowSettings = { type: 'conversion', windowValue: windowHours, windowUnit: 'hours' } as const
  const metric = { name, unit, windowSettings, numerator: { column: name } }
  switch (objective.aggregate) {
    case 'sum':
      return { ...metric, metricType: 'mean' }
    case 'any':
      return { ...metric, metricType: 'proportion' }
    case 'activeDays':
      return { ...metric, metricType: 'dailyParticipation' }
    case 'reachLost':
      return { ...metric, metricType: 'proportion', unit: 'users', numerator: { column: 'reachLost' }, inverse: true }
    default:
      return assertNever(objective.aggregate)
  }
}

/** Every metric there is: the catalogue, and the objectives that it does not name. */
export function metricsOf({ metrics, objectives }: Pick<Config, 'metrics' | 'objectives'>): readonly FactMetric[] {
  const own = objectives.filter(({ name }) => metrics.every((metric) => metric.name !== name))
  return [...metrics, ...own.map(metricOf)]
}

/** The metrics of an experiment with their parts; those nobody named are every objective, as exploration. */
export function experimentMetrics(
  config: Pick<Config, 'metrics' | 'objectives'>,
  parts: readonly MetricPart[],
): readonly ExperimentMetric[] {
  const known = metricsOf(config)
  const asked = parts.length > 0 ? parts : config.objectives.map(({ name }) => ({ name, role: 'exploratory' as const }))
  return asked.map((part) => {
    const metric = known.find(({ name }) => name === part.name)
    if (metric === undefined) throw new PalomaError('METRIC_NOT_FOUND', `there is no metric "${part.name}" any more`)
    return { ...metric, ...part }
  })
}

/** Columns of the log that metrics ask for. */
export function columnsOf(metrics: readonly FactMetric[]): ReadonlySet<string> {
  return new Set(
    metrics.flatMap(({ numerator, denominator }) => [numerator.column, ...(denominator ? [denominator.column] : [])]),
  )
}

/**
 * What an outcome is worth under the name of a column, or null: an objective's name (what it adds to the reward),
 * `reachLost`, `visit`, `response` (each also `@<channel>`), `event:<name>` (1 each) or `event:<name>.<property>` (its number).
 */
export function valueUnder(column: string, outcome: Outcome): number | null {
  const { name, properties, values } = outcome
  if (column === `event:${name}`) return 1
  if (column.startsWith(`event:${name}.`)) {
    const property = own(properties, column.slice(`event:${name}.`.length))
    return typeof property === 'number' ? property : null
  }
  const isMarked = markUnder(column, outcome)
  if (isMarked !== undefined) return isMarked ? 1 : null
  return own(values, column) ?? null
}

/** Whether an outcome bears the mark that a column names, on the channel that it names if any; undefined for other columns. */
function markUnder(column: string, { isVisit, isResponse, reachLoss, channel }: Outcome): boolean | undefined {
  const [name = '', on] = column.split('@')
  const isMarked = own({ visit: isVisit, response: isResponse, reachLost: reachLoss !== null }, name)
  return isMarked === undefined || on === undefined ? isMarked : isMarked && channel === on
}

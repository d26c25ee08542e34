import type { ExperimentMetric, FeatureColumn, HeterogeneitySpec } from '@paloma/core'
import { z } from 'zod'

const name = z.string().min(1).max(256)

const feature: z.ZodType<FeatureColumn> = z.union([
  name.transform((column) => ({ column, kind: 'auto' as const, measured: null })),
  z.strictObject({
    column: name,
    kind: z.enum(['number', 'category', 'auto']).default('auto'),
    measured: name.nullable().default(null),
  }),
])

const MOST_FEATURES = 50
const DEFAULT_SPLITS = 21
const DEFAULT_MOST_USERS = 100_000

/** As it was written, defaults filled in; without metrics those of success. */
export interface WrittenHeterogeneity extends Omit<HeterogeneitySpec, 'metrics'> {
  readonly metrics?: readonly string[] | undefined
}

/** What a spec says of whom the treatment moves. */
export const heterogeneitySchema: z.ZodType<WrittenHeterogeneity> = z.strictObject({
  features: z.array(feature).min(1).max(MOST_FEATURES),
  metrics: z.array(name).min(1).optional(),
  splits: z.int().min(1).max(201).default(DEFAULT_SPLITS),
  mostUsers: z.int().min(1000).max(1_000_000).default(DEFAULT_MOST_USERS),
})

interface Beside {
  readonly heterogeneity?: WrittenHeterogeneity | undefined
  readonly metrics: readonly ExperimentMetric[]
  readonly switchback?: unknown
  readonly columns: {
    readonly assignments: {
      readonly user: string
      readonly variant: string
      readonly time: string | null
      readonly cluster: readonly string[]
      readonly propensity: unknown
    }
  }
}

interface Disagreement {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** Means and shares: one number of a user. */
export function isPlain({ metricType, denominator }: ExperimentMetric): boolean {
  return metricType !== 'quantile' && denominator === undefined
}

/** What of it does not fit the rest of the spec. */
export function wrongHeterogeneity({ heterogeneity, metrics, switchback, columns }: Beside): readonly Disagreement[] {
  if (heterogeneity === undefined) return []
  const { user, variant, time, cluster, propensity } = columns.assignments
  const found: Disagreement[] = []
  const refuse = (isWrong: boolean, path: readonly (string | number)[], message: string): void => {
    if (isWrong) found.push({ path: ['heterogeneity', ...path], message })
  }
  refuse(switchback !== undefined || cluster.length > 0, [], 'expected none beside clusters and slots of time')
  refuse(propensity !== null, [], 'expected none beside columns.assignments.propensity: shares are those planned')
  const plain = metrics.filter(isPlain).map((metric) => metric.name)
  heterogeneity.metrics?.forEach((metric, i) => {
    refuse(
      !plain.includes(metric),
      ['metrics', i],
      `expected a mean or share among ${plain.join(', ')}, got "${metric}"`,
    )
  })
  refuse(
    heterogeneity.metrics === undefined && defaultMetrics(metrics).length === 0,
    ['metrics'],
    'expected names of metrics, because no success metric is a mean or share',
  )
  const names = heterogeneity.features.map(({ column }) => column)
  heterogeneity.features.forEach(({ column, measured }, i) => {
    refuse(names.indexOf(column) !== i, ['features', i], `expected a column named only once, got "${column}"`)
    refuse(
      [user, variant, time].includes(column),
      ['features', i],
      `expected what was known before exposure, got the column "${column}"`,
    )
    refuse(
      measured !== null && time === null,
      ['features', i, 'measured'],
      'expected the time of exposure (columns.assignments.time) beside it',
    )
  })
  return found
}

function defaultMetrics(metrics: readonly ExperimentMetric[]): readonly string[] {
  return metrics.filter((metric) => metric.role === 'success' && isPlain(metric)).map((metric) => metric.name)
}

/** With the metrics it is asked of: those of success where none are named. */
export function heterogeneitySpec(
  { metrics: named, ...rest }: WrittenHeterogeneity,
  metrics: readonly ExperimentMetric[],
): HeterogeneitySpec {
  return { ...rest, metrics: named ?? defaultMetrics(metrics) }
}

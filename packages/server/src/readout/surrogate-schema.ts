import type { ExperimentMetric, SurrogateSpec } from '@paloma/core'
import { z } from 'zod'
import { isPlain } from './heterogeneity-schema.ts'

const name = z.string().min(1).max(256)

const MOST_COLUMNS = 50
const DEFAULT_MOST_USERS = 200_000

/** As it was written: metrics by name, with the column of the history. */
export interface WrittenSurrogate extends Omit<SurrogateSpec, 'metrics'> {
  readonly metrics: Readonly<Record<string, string>>
}

/** What a spec says of the long term. */
export const surrogateSchema: z.ZodType<WrittenSurrogate> = z.strictObject({
  longTerm: name,
  metrics: z
    .union([z.record(name, name), z.array(name).transform((names) => Object.fromEntries(names.map((of) => [of, of])))])
    .refine((metrics) => Object.keys(metrics).length > 0, { error: 'expected at least one metric' }),
  features: z.array(name).max(MOST_COLUMNS).default([]),
  user: name.default('user'),
  mostUsers: z.int().min(100).max(1_000_000).default(DEFAULT_MOST_USERS),
})

interface Beside {
  readonly surrogate?: WrittenSurrogate | undefined
  readonly metrics: readonly ExperimentMetric[]
  readonly switchback?: unknown
  readonly columns: {
    readonly assignments: { readonly cluster: readonly string[]; readonly propensity: unknown }
  }
}

interface Disagreement {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** What of it does not fit the rest of the spec. */
export function wrongSurrogate({ surrogate, metrics, switchback, columns }: Beside): readonly Disagreement[] {
  if (surrogate === undefined) return []
  const { cluster, propensity } = columns.assignments
  const found: Disagreement[] = []
  const refuse = (isWrong: boolean, path: readonly (string | number)[], message: string): void => {
    if (isWrong) found.push({ path: ['surrogate', ...path], message })
  }
  refuse(switchback !== undefined || cluster.length > 0, [], 'expected none beside clusters and slots of time')
  refuse(propensity !== null, [], 'expected none beside columns.assignments.propensity')
  const plain = metrics.filter(isPlain).map((metric) => metric.name)
  for (const metric of Object.keys(surrogate.metrics)) {
    refuse(
      !plain.includes(metric),
      ['metrics', metric],
      `expected a mean or share among ${plain.join(', ')}, got "${metric}"`,
    )
  }
  const used = [surrogate.user, surrogate.longTerm, ...Object.values(surrogate.metrics), ...surrogate.features]
  const repeated = used.find((column, i) => used.indexOf(column) !== i)
  refuse(repeated !== undefined, [], `expected columns of the history named only once, got "${repeated}" again`)
  return found
}

/** With the metrics in the order of the spec, which is that of their joint moments. */
export function surrogateSpec(
  { metrics: columns, ...rest }: WrittenSurrogate,
  metrics: readonly ExperimentMetric[],
): SurrogateSpec {
  return {
    ...rest,
    metrics: metrics.flatMap((metric) => {
      const column = columns[metric.name]
      return column === undefined ? [] : [{ metric: metric.name, column }]
    }),
  }
}

import type { FileSpec } from './contract.ts'
import type { Analytics } from './duckdb.ts'
import { metricVectors, type VectorScene } from './metric-vector.ts'
import { cleaned } from './moments-query.ts'
import { numeral } from './sql.ts'

/** Values as they are, whatever the chance of their users' variant was. */
function unweighted(spec: FileSpec): FileSpec {
  return { ...spec, columns: { ...spec.columns, assignments: { ...spec.columns.assignments, propensity: null } } }
}

/** The number that values of a metric are capped at, by metric, from all variants pooled. */
export async function cappingLimits(
  analytics: Analytics,
  scene: Omit<VectorScene, 'limits'>,
): Promise<ReadonlyMap<string, number>> {
  const limits = new Map<string, number>()
  for (const vector of metricVectors({ ...scene, spec: unweighted(scene.spec), limits })) {
    const { metric, names } = vector
    const settings = metric.cappingSettings
    if (settings === undefined) continue
    if (settings.type === 'absolute') {
      limits.set(metric.name, settings.value)
      continue
    }
    // One metric at a time: a quantile holds all its values.
    const value = names[0]!
    const counted = settings.ignoreZeros === true ? `${value} <> 0` : 'true'
    const [row = []] = await analytics.rows(
      `SELECT q[1], q[2] FROM (SELECT quantile_cont(${value}, [${numeral(settings.value)}, 0.5]) FILTER (WHERE ${counted}) AS q
        FROM ${cleaned(scene.facts, [vector])})`,
    )
    // A cap that is not above the median would leave nothing of a metric that nearly everybody has at 0 (as `winsorCap`).
    const [limit = null, median = null] = row
    if (limit !== null && Number(limit) > Number(median)) limits.set(metric.name, Number(limit))
  }
  return limits
}

import {
  type MetricHistory,
  mergeVectorMoments,
  metricHistory,
  noVectorMoments,
  quantileHistory,
  type VectorColumns,
  type VectorMoments,
} from '@paloma/core'
import { cappingLimits } from './capping.ts'
import { clusterVector, queryClusterMoments } from './cluster-moments.ts'
import type { Analytics } from './duckdb.ts'
import { type MetricVector, metricVectors, type VectorScene } from './metric-vector.ts'
import { queryMoments } from './moments-query.ts'
import { orderStatistics } from './order-statistics.ts'

/** A metric's past, and of how many units (users, or clusters and slots of time) whose window had closed. */
export interface PastMetric {
  readonly history: MetricHistory
  readonly units: number
}

/** By metric, what users or slots of the table `exposure` say for a plan, all variants together. */
export async function pastMetrics(
  analytics: Analytics,
  parts: Pick<VectorScene, 'spec' | 'exposures' | 'facts'>,
): Promise<Readonly<Record<string, PastMetric>>> {
  const draft = { ...parts, incomplete: new Set<string>() }
  const scene = { ...draft, limits: await cappingLimits(analytics, draft) }
  const vectors = metricVectors(scene)
  const isOfClusters = scene.spec.readOut.unit !== undefined
  const asked = { vectors, by: ['v'] }
  const rows = isOfClusters
    ? await queryClusterMoments(analytics, scene, asked)
    : await queryMoments(analytics, scene.facts, asked)
  const found: [string, PastMetric][] = []
  for (const [i, vector] of vectors.entries()) {
    const { columns } = isOfClusters ? clusterVector(vector) : vector
    const moments = rows.reduce(
      (sum, row) => mergeVectorMoments(sum, row.moments[i]!),
      noVectorMoments(columns.names.length),
    )
    const quantile = await quantilePast(analytics, scene, { vector, units: moments.n })
    found.push([
      vector.metric.name,
      { units: moments.n, history: quantile ?? metricHistory(moments, historyColumns(columns)) },
    ])
  }
  return Object.fromEntries(found)
}

/** Of a quantile, from the values around it; undefined for other metrics. */
async function quantilePast(
  analytics: Analytics,
  scene: VectorScene,
  { vector, units }: { readonly vector: MetricVector; readonly units: VectorMoments['n'] },
): Promise<MetricHistory | undefined> {
  const { quantileSettings } = vector.metric
  const values = await orderStatistics(analytics, scene, vector)
  if (values === undefined || quantileSettings === undefined) return undefined
  const most = values.reduce((a, b) => (b.n > a.n ? b : a))
  return quantileHistory(most, { quantile: quantileSettings.quantile, units })
}

function historyColumns({
  numerator,
  denominator,
  before,
  covariates,
}: VectorColumns): Parameters<typeof metricHistory>[1] {
  if (denominator === null) {
    return { metric: { kind: 'mean', value: numerator }, covariates: [...before, ...covariates] }
  }
  const metric = { kind: 'ratio', numerator, denominator } as const
  const [past, pastDenominator] = before
  if (past === undefined || pastDenominator === undefined) return { metric, covariates }
  return { metric, covariates, before: { kind: 'ratio', numerator: past, denominator: pastDenominator } }
}

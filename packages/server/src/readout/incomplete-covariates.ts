import type { Analytics } from './duckdb.ts'
import type { MetricVector, VectorScene } from './metric-vector.ts'

/** Expressions of the covariates that users who count in their metric lack. */
export async function incompleteCovariates(
  analytics: Analytics,
  { facts }: Pick<VectorScene, 'facts'>,
  vectors: readonly MetricVector[],
): Promise<ReadonlySet<string>> {
  const asked = vectors.flatMap(({ covariates, complete, raw }) => {
    const counts = [`(${complete})`, ...raw.map((x) => `isfinite(${x})`)].join(' AND ')
    return covariates.map((x) => ({ x, isLacking: `(${counts}) AND isfinite(${x}) IS NOT TRUE` }))
  })
  const answers = asked.map(({ isLacking }) => `count(*) FILTER (WHERE ${isLacking})`)
  const [counts = []] = await analytics.rows(`SELECT ${answers.join(', ')}
    FROM (SELECT * FROM exposure WHERE ok) e LEFT JOIN ${facts.relation} f ON ${facts.belongs}`)
  return new Set(asked.flatMap(({ x }, i) => (Number(counts[i]) > 0 ? [x] : [])))
}

import type { LeftOut } from '@paloma/core'
import type { Analytics } from './duckdb.ts'
import type { MetricVector, VectorScene } from './metric-vector.ts'
import type { MomentsRow } from './moments-query.ts'

/** By metric and variant, the users that a metric leaves out and why; asks only about metrics that leave out any. */
export async function countLeftOut(
  analytics: Analytics,
  { spec, facts }: Pick<VectorScene, 'spec' | 'facts'>,
  found: { readonly vectors: readonly MetricVector[]; readonly rows: readonly MomentsRow[] },
): Promise<readonly (readonly LeftOut[])[]> {
  const { vectors, rows } = found
  const isShort = vectors.map((_, i) => rows.some(({ users, moments }) => moments[i]!.n < users))
  const asked = vectors.filter((_, i) => isShort[i])
  const none = spec.readOut.variants.map(({ name }) => ({ variant: name, incomplete: 0, missing: 0, notFinite: 0 }))
  if (asked.length === 0) return vectors.map(() => none)
  const answers = asked.flatMap(({ complete, raw }) => {
    const isNull = raw.map((x) => `${x} IS NULL`).join(' OR ')
    const isInfinite = raw.map((x) => `NOT isfinite(${x})`).join(' OR ')
    return [
      `count(*) FILTER (WHERE NOT (${complete}))`,
      `count(*) FILTER (WHERE (${complete}) AND (${isNull}))`,
      `count(*) FILTER (WHERE (${complete}) AND NOT (${isNull}) AND (${isInfinite}))`,
    ]
  })
  const counted = await analytics.rows(`SELECT e.v, ${answers.join(', ')}
    FROM (SELECT * FROM exposure WHERE ok) e LEFT JOIN ${facts.relation} f ON ${facts.belongs} GROUP BY e.v`)
  const byVariant = new Map(counted.map(([v, ...counts]) => [Number(v), counts.map(Number)]))
  return vectors.map((vector) => {
    const at = asked.indexOf(vector)
    if (at < 0) return none
    return none.map(({ variant }, v) => {
      const [incomplete = 0, missing = 0, notFinite = 0] = byVariant.get(v)?.slice(3 * at, 3 * at + 3) ?? []
      return { variant, incomplete, missing, notFinite }
    })
  })
}

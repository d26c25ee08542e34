import type { ExperimentSummary, HeterogeneitySpec, RawFeature } from '@paloma/core'
import type { Analytics, SqlValue } from './duckdb.ts'
import { featureColumn, measuredColumn, segmentColumn, segmentsAsked } from './exposure.ts'
import type { MetricVector, VectorScene } from './metric-vector.ts'
import { cleaned } from './moments-query.ts'

interface Measured {
  readonly scene: VectorScene
  readonly vectors: readonly MetricVector[]
}

type Single = NonNullable<ExperimentSummary['single']>

/**
 * Users one by one, with what was known of them before exposure and what followed, where the spec asks whether effects differ between them.
 * Of more than `mostUsers` those with the smallest hashes of their ids are taken: a draw by chance that is the same at every read-out.
 */
export async function readSingleUsers(
  analytics: Analytics,
  { scene, vectors }: Measured,
): Promise<Pick<ExperimentSummary, 'single'>> {
  const { readOut, columns } = scene.spec
  const { heterogeneity } = readOut
  if (heterogeneity === undefined) return {}
  const asked = vectors.filter(({ metric }) => heterogeneity.metrics.includes(metric.name))
  const kinds = await kindsOf(analytics, heterogeneity)
  const segments = segmentsAsked(readOut)
  const own = segments.flatMap((segment, i) => (readOut.segments.includes(segment) ? [i] : []))
  const phase = columns.assignments.phase === null ? 'CAST(NULL AS VARCHAR)' : 'phase'
  const past = heterogeneity.withPast === true ? pastOf(vectors) : []
  const selected = [
    ...['CAST(u AS VARCHAR) AS k', 'v', phase],
    ...kinds.map((kind, i) => (kind === 'number' ? numberAt(featureColumn(i)) : featureColumn(i))),
    ...own.map((i) => segmentColumn(i)),
    ...asked.map(({ names }) => names[0]!),
    ...past.map(({ expression }) => expression),
  ]
  const draw =
    scene.exposures.users > heterogeneity.mostUsers
      ? `ORDER BY md5(CAST(u AS VARCHAR)), CAST(u AS VARCHAR) LIMIT ${heterogeneity.mostUsers}`
      : ''
  const rows: (readonly SqlValue[])[] = []
  const sql = `SELECT ${selected.join(', ')} FROM ${cleaned(scene.facts, past.length === 0 ? asked : vectors)} ${draw}`
  for await (const page of analytics.pages(sql)) for (const row of page) rows.push(row)
  const { features, ...known } = fromRows(rows, {
    kinds,
    features: heterogeneity.features.map(({ column }) => column),
  })
  const single = {
    ...known,
    features: [
      ...features,
      ...past.map(({ name }, k): RawFeature => {
        const at = FIXED + kinds.length + own.length + asked.length + k
        return { name, kind: 'number', values: Float64Array.from(rows, (row) => numberOrNaN(row[at])) }
      }),
    ],
    of: scene.exposures.users,
    phases: columns.assignments.phase === null ? null : rows.map((row) => textOrNull(row[2])),
    late: await lateFeatures(analytics, heterogeneity),
    segments: own.map((index, k) => ({
      segment: segments[index]!,
      values: rows.map((row) => textOrNull(row[FIXED + kinds.length + k]) ?? 'not known'),
    })),
    responses: asked.map(({ metric }, k) => ({
      metric: metric.name,
      values: Float64Array.from(rows, (row) => numberOrNaN(row[FIXED + kinds.length + own.length + k])),
    })),
  }
  return { single }
}

/** What users did before, metric by metric; null of those who do not count in one. */
function pastOf(vectors: readonly MetricVector[]): readonly { readonly name: string; readonly expression: string }[] {
  return vectors.flatMap(({ columns, names }) =>
    columns.before.map((place) => ({ name: columns.names[place]!, expression: names[place]! })),
  )
}

// The id, the variant and the phase come first.
const FIXED = 3

function fromRows(
  rows: readonly (readonly SqlValue[])[],
  { kinds, features }: { readonly kinds: readonly RawFeature['kind'][]; readonly features: readonly string[] },
): Pick<Single, 'keys' | 'variants' | 'features'> {
  return {
    keys: rows.map((row) => String(row[0])),
    variants: Uint8Array.from(rows, (row) => Number(row[1])),
    features: features.map((name, i): RawFeature => {
      const at = FIXED + i
      return kinds[i] === 'number'
        ? { name, kind: 'number', values: Float64Array.from(rows, (row) => numberOrNaN(row[at])) }
        : { name, kind: 'category', values: rows.map((row) => textOrNull(row[at])) }
    }),
  }
}

function textOrNull(value: SqlValue | undefined): string | null {
  return value === null || value === undefined ? null : String(value)
}

function numberOrNaN(value: SqlValue | undefined): number {
  return value === null || value === undefined ? Number.NaN : Number(value)
}

/** Text as a number; `true` and `false` are 1 and 0, what is none is null. */
function numberAt(column: string): string {
  return `coalesce(TRY_CAST(${column} AS DOUBLE), CASE lower(${column}) WHEN 'true' THEN 1.0::DOUBLE WHEN 'false' THEN 0.0::DOUBLE END)`
}

/** As the spec says; where it says nothing, numbers if every value is one. */
async function kindsOf(analytics: Analytics, { features }: HeterogeneitySpec): Promise<readonly RawFeature['kind'][]> {
  const isName = (i: number): string => `${featureColumn(i)} IS NOT NULL AND ${numberAt(featureColumn(i))} IS NULL`
  const counts = features.map((_, i) => `count(*) FILTER (WHERE ${isName(i)})`)
  const [row = []] = await analytics.rows(`SELECT ${counts.join(', ')} FROM exposure WHERE ok`)
  return features.map(({ kind }, i) => (kind !== 'auto' ? kind : Number(row[i]) === 0 ? 'number' : 'category'))
}

/** How many users each feature was measured of after they had been exposed. */
async function lateFeatures(analytics: Analytics, { features }: HeterogeneitySpec): Promise<Single['late']> {
  const dated = features.flatMap(({ column, measured }, i) => (measured === null ? [] : [{ column, i }]))
  if (dated.length === 0) return []
  const counts = dated.map(({ i }) => `count(*) FILTER (WHERE ${measuredColumn(i)} > t)`)
  const [row = []] = await analytics.rows(`SELECT ${counts.join(', ')} FROM exposure WHERE ok`)
  return dated.map(({ column }, k) => ({ feature: column, users: Number(row[k]) }))
}

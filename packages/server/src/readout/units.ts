import type { ClusterFaults, ExperimentSummary } from '@paloma/core'
import type { FileSpec } from './contract.ts'
import type { Analytics } from './duckdb.ts'
import { textOf } from './source.ts'

/** How the rows of assignments become units of the analysis. */
export interface ExposureUnits {
  /** The rows that count. */
  readonly rows: string
  /** Columns that a unit is one row of. */
  readonly key: readonly string[]
  /** Further columns of its first row. */
  readonly kept: readonly string[]
  readonly faults: Pick<ClusterFaults, 'rowsInWashout' | 'rowsWithoutCluster'> | null
}

const MS_PER_MINUTE = 60_000

/** Columns of the table `exposure` that name what was assigned as a whole: the cluster, and the slot of time. */
export const CLUSTER_KEY = ['cl', 'slot'] as const

/** Milliseconds of a slot of time; null where time was not randomised. */
export function slotMs({ readOut: { unit } }: FileSpec): number | null {
  return unit?.kind === 'switchback' ? unit.slotMinutes * MS_PER_MINUTE : null
}

/** Cluster and slot of a row, as names and expressions; none where each user was assigned by himself. */
export function unitParts(spec: FileSpec, at: string): readonly (readonly [string, string])[] {
  if (spec.readOut.unit === undefined) return []
  const columns = spec.columns.assignments.cluster.map((column) => `replace(${textOf(column)}, '/', '//')`)
  const length = slotMs(spec)
  return [
    ['cl', columns.length === 0 ? "''" : columns.join(" || '/' || ")],
    ['slot', length === null ? 'CAST(0 AS BIGINT)' : `CAST(${at} // ${length} AS BIGINT)`],
  ]
}

/**
 * Finds clusters, or slots of time, whose users are in several variants, and leaves out rows in the washout after a change
 * of variant: what happens then may still be an effect of the slot before. A slot after one without rows begins with it.
 */
export async function readUnits(analytics: Analytics, spec: FileSpec, rows: string): Promise<ExposureUnits> {
  const { unit } = spec.readOut
  if (unit === undefined) return { rows: `${rows}`, key: ['u'], kept: [], faults: null }
  await analytics.run(`CREATE TEMP TABLE assigned AS ${rows}`)
  await analytics.run(
    'CREATE TEMP TABLE clusters AS SELECT cl, slot, min(v) AS v, max(v) AS w FROM assigned WHERE cl IS NOT NULL AND slot IS NOT NULL GROUP BY cl, slot',
  )
  const isWashout = washoutOf(unit)
  await analytics.run(`CREATE TEMP TABLE placed AS SELECT r.*, c.v <> c.w AS mixed, ${isWashout} AS washout
    FROM assigned r JOIN clusters c ON r.cl = c.cl AND r.slot = c.slot LEFT JOIN clusters p ON r.cl = p.cl AND r.slot - 1 = p.slot`)
  const [row = []] = await analytics.rows(
    'SELECT (SELECT count(*) FROM assigned), count(*), count(*) FILTER (WHERE washout) FROM placed',
  )
  const [all = 0, placed = 0, rowsInWashout = 0] = row.map(Number)
  const isSwitchback = unit.kind === 'switchback'
  return {
    rows: 'SELECT * FROM placed WHERE NOT washout',
    key: isSwitchback ? ['u', 'slot'] : ['u'],
    kept: isSwitchback ? ['cl', 'mixed'] : ['cl', 'slot', 'mixed'],
    faults: { rowsInWashout, rowsWithoutCluster: all - placed },
  }
}

function washoutOf(unit: NonNullable<FileSpec['readOut']['unit']>): string {
  if (unit.kind !== 'switchback' || unit.washoutMinutes === 0) return 'false'
  const since = `r.t - r.slot * ${unit.slotMinutes * MS_PER_MINUTE}`
  return `${since} < ${unit.washoutMinutes * MS_PER_MINUTE} AND coalesce(p.v <> c.v OR p.w <> c.v, true)`
}

/** Clusters and slots that count, by variant, phase and day, and what was wrong with them. */
export async function describeUnits(
  analytics: Analytics,
  spec: FileSpec,
  { faults }: ExposureUnits,
): Promise<Pick<ExperimentSummary, 'clusters'>> {
  if (faults === null) return {}
  const phase = spec.columns.assignments.phase === null ? 'NULL' : 'min(phase)'
  const day = slotMs(spec) === null ? 'NULL' : 'max(day)'
  const found = await analytics.rows(`SELECT v, phase, day, count(*) FROM (
      SELECT v, ${phase} AS phase, ${day} AS day FROM exposure WHERE ok GROUP BY ${CLUSTER_KEY.join(', ')}, v)
    GROUP BY ALL ORDER BY ALL`)
  const [row = []] = await analytics.rows('SELECT count(*), count(*) FILTER (WHERE v <> w) FROM clusters')
  const [clusters = 0, inManyVariants = 0] = row.map(Number)
  return {
    clusters: {
      exposed: found.map(([v, p = null, d = null, n]) => ({
        variant: spec.readOut.variants[Number(v)]!.name,
        phase: p === null ? null : String(p),
        day: d === null ? null : Number(d),
        users: Number(n),
      })),
      faults: { clusters, inManyVariants, ...faults },
    },
  }
}

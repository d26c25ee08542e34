import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type ExperimentReadOut, type ExperimentSummary, PalomaError, type ReadOutSpec, readOut } from '@paloma/core'
import type { FileSpec } from './contract.ts'
import type { AnalyticsLimits } from './duckdb.ts'
import { type ReadOutFiles, summariseFiles } from './summarise-files.ts'

/** A user with the first exposure; two rows with different variants are a user who met both. */
export interface AssignedRow {
  readonly user: string
  readonly variant: string
  /** UTC milliseconds; null: assigned, and not exposed. */
  readonly time: number | null
  readonly phase: string
  /** Where slots of time are those of clusters. */
  readonly cluster?: string
  /** By column that the spec's interactions name: the variant in another experiment, or empty. */
  readonly others?: Readonly<Record<string, string>>
  /** Covariates: what was known of the user before the exposure; absent where that was not noted. */
  readonly known?: KnownOfUser
}

/** What a user is known by when exposed, beside what he did before. */
export interface KnownOfUser {
  readonly tenureDays: number
  readonly reachableChannels: number
}

/** One thing a user did, under the name of a column that metrics ask for. */
export interface MetricRow {
  readonly user: string
  readonly metric: string
  readonly value: number
  readonly time: number
  /** Rows of the same id count once. */
  readonly id: string
}

/** An experiment as rows that come page by page. */
export interface ReadOutTables {
  readonly spec: ReadOutSpec
  /** The moment of the read-out, UTC milliseconds. */
  readonly asOf: number
  /** Every assignment names its cluster. */
  readonly hasClusters?: boolean
  readonly assignments: AsyncIterable<readonly AssignedRow[]>
  /** Also of users who are not assigned, whom a ramp leaves out: that is no fault here, where ids are of one kind. */
  readonly metrics: AsyncIterable<readonly MetricRow[]>
}

const COLUMNS: FileSpec['columns'] = {
  assignments: {
    ...{ user: 'user', variant: 'variant', time: 'time', assigned: null, phase: null, stratum: null },
    ...{ propensity: null, covariates: [], cluster: [] },
  },
  metrics: {
    ...{ form: 'long', user: 'user', metric: 'metric', value: 'value', time: 'time', id: 'id' },
    ...{ preSuffix: '_pre', absent: 'zero' },
  },
}

/**
 * Reads an experiment out of rows, by way of files in a temporary folder: the same engine, with the same bound of memory,
 * that reads tables. Throws NOBODY_EXPOSED for an experiment without rows.
 */
export async function readOutTables(
  tables: ReadOutTables,
  limits: AnalyticsLimits,
  work: (summary: ExperimentSummary, spec: ReadOutSpec) => ExperimentReadOut | Promise<ExperimentReadOut> = readOut,
): Promise<ExperimentReadOut> {
  const { spec } = tables
  const found = await withTables(tables, async (files, fileSpec) => {
    const { faults, ...summary } = await summariseFiles(fileSpec, files, limits)
    return work({ ...summary, faults: { ...faults, metricRowsOfOthers: 0 } }, fileSpec.readOut)
  })
  if (found === undefined) {
    throw new PalomaError('NOBODY_EXPOSED', `nobody counts in experiment ${spec.experiment} yet`)
  }
  return found
}

/** Lets `work` read the rows as files, which are gone afterwards; undefined where there is nobody. */
export async function withTables<T>(
  tables: ReadOutTables,
  work: (files: ReadOutFiles, spec: FileSpec) => Promise<T>,
): Promise<T | undefined> {
  const { spec, asOf } = tables
  const folder = await mkdtemp(join(tmpdir(), 'paloma-results-'))
  // CSV, where everything is text: readers of JSON take some ids for dates.
  const files = { assignments: join(folder, 'assignments.csv'), metrics: join(folder, 'metrics.csv') }
  try {
    const others = [...new Set((spec.interactions ?? []).map(({ column }) => column))]
    const own = tables.hasClusters === true ? ['cluster'] : []
    const isKnown = { ofAnybody: false }
    const rows = flat(tables.assignments, isKnown)
    const first = await writeRows(files.assignments, [...ASSIGNED, ...KNOWN_COLUMNS, ...own, ...others], rows)
    if (first === undefined) return undefined
    await writeRows(files.metrics, MEASURED, withEveryColumn(tables, first.user))
    const phase = spec.phases.length === 0 ? null : 'phase'
    // A user's reach in a later slot of time may be what an earlier one left of it.
    const covariates = isKnown.ofAnybody && spec.unit === undefined ? KNOWN_COLUMNS : []
    const columns = { ...COLUMNS, assignments: { ...COLUMNS.assignments, phase, cluster: own, covariates } }
    return await work(files, { readOut: knownToo(spec), asOf, columns })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Whatever else tells users apart: what was noted of them at exposure. */
function knownToo(spec: ReadOutSpec): ReadOutSpec {
  const { heterogeneity } = spec
  if (heterogeneity === undefined) return spec
  const known = KNOWN_COLUMNS.map((column) => ({ column, kind: 'number', measured: null }) as const)
  return { ...spec, heterogeneity: { ...heterogeneity, features: [...heterogeneity.features, ...known] } }
}

const ASSIGNED = ['user', 'variant', 'time', 'phase'] as const
const MEASURED = ['user', 'metric', 'value', 'time', 'id'] as const

/** Columns of what was known of a user, as a read-out names them. */
const TENURE = 'tenure in days at exposure'
const REACH = 'reachable channels at exposure'
const KNOWN_COLUMNS = [TENURE, REACH] as const

type FlatRow = Omit<AssignedRow, 'others' | 'known'> & Readonly<Record<string, string | number | null>>

/** Rows with the variants of other experiments, and what is known of the user, as columns of their own. */
async function* flat(
  pages: ReadOutTables['assignments'],
  isKnown: { ofAnybody: boolean },
): AsyncGenerator<readonly FlatRow[], void> {
  for await (const page of pages) {
    yield page.map(({ others = {}, known, ...row }) => {
      if (known !== undefined) isKnown.ofAnybody = true
      const { tenureDays = null, reachableChannels = null } = known ?? {}
      return { ...others, ...row, [TENURE]: tenureDays, [REACH]: reachableChannels }
    })
  }
}

/** A column that nobody has a row of is unknown to a reader of tables: each gets a row long before anything counts. */
async function* withEveryColumn(
  { spec, metrics }: ReadOutTables,
  user: string,
): AsyncGenerator<readonly MetricRow[], void> {
  const columns = new Set(spec.metrics.flatMap(({ numerator, denominator = numerator }) => [numerator, denominator]))
  const names = new Set([...columns].map(({ column }) => column))
  yield [...names].map((metric) => ({ user, metric, value: 0, time: 0, id: `/${metric}` }))
  yield* metrics
}

/** Writes pages as CSV under a header; answers the first row. */
async function writeRows<T>(
  path: string,
  columns: readonly (keyof T & string)[],
  pages: AsyncIterable<readonly T[]>,
): Promise<T | undefined> {
  const found: T[] = []
  const lines = async function* (): AsyncGenerator<string, void> {
    yield `${columns.join(',')}\n`
    for await (const page of pages) {
      if (found.length === 0) found.push(...page.slice(0, 1))
      yield page.map((row) => `${columns.map((column) => cellOf(column, row[column])).join(',')}\n`).join('')
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(path))
  return found[0]
}

function cellOf(column: string, value: unknown): string {
  if (value === null || value === undefined) return ''
  if (column === 'time') return new Date(Number(value)).toISOString()
  return typeof value === 'number' ? String(value) : `"${String(value).replaceAll('"', '""')}"`
}

import { type DataFaults, type ExperimentSummary, type ExposureCell, PalomaError } from '@paloma/core'
import type { FileSpec } from './contract.ts'
import type { Analytics } from './duckdb.ts'
import { drawnCells, isAdaptive, propensityColumns, propensityParts, wrongPropensity } from './propensity.ts'
import { isFractional, momentOf, numberOf, requireColumn, requireReadable, type Source, textOf } from './source.ts'
import { identifier, literal } from './sql.ts'
import { requireTimeNamed } from './time-not-named.ts'
import { describeUnits, type ExposureUnits, readUnits, unitParts } from './units.ts'

/** What is known of the users after the assignments were read; the rows are in the table `exposure`. */
export interface Exposures {
  readonly hasTime: boolean
  readonly userType: string
  readonly exposed: readonly ExposureCell[]
  readonly assigned: readonly ExposureCell[] | null
  /** Of the users who count. */
  readonly users: number
  readonly firstAt: number | null
  readonly lastAt: number | null
  readonly faults: Pick<
    DataFaults,
    | 'rows'
    | 'users'
    | 'repeatedRows'
    | 'rowsWithoutUser'
    | 'rowsWithoutVariant'
    | 'usersInManyVariants'
    | 'exposedBeforeAssigned'
    | 'outsideExperiment'
  >
  /** Where clusters or slots of time were randomised. */
  readonly clusters?: NonNullable<ExperimentSummary['clusters']>
  /** Where a phase followed the data. */
  readonly drawn?: NonNullable<ExperimentSummary['drawn']>
}

const MS_PER_DAY = 86_400_000

/** Names a column of the table `exposure`. */
export const segmentColumn = (index: number): string => `s${index}`

/** Columns of the assignments by which users are told apart: segments, and their variants in other experiments. */
export function segmentsAsked({ segments, interactions = [] }: FileSpec['readOut']): readonly string[] {
  return [...new Set([...segments, ...interactions.map(({ column }) => column)])]
}

export const covariateColumn = (index: number): string => `c${index}`

/** A feature as text, and the moment it was measured. */
export const featureColumn = (index: number): string => `h${index}`
export const measuredColumn = (index: number): string => `hm${index}`

/**
 * Reads the assignments into the table `exposure`, one row per user with the first exposure, and says what is wrong
 * with them. Throws TABLE_COLUMN_MISSING, TABLE_VALUE_INVALID, or VARIANT_UNKNOWN for one that was not planned.
 */
export async function readExposures(analytics: Analytics, source: Source, spec: FileSpec): Promise<Exposures> {
  checkColumns(source, spec)
  if (spec.columns.assignments.time === null) {
    await requireTimeNamed(analytics, source, { spec, field: 'columns.assignments.time', named: namedColumns(spec) })
  }
  const { time, assigned, order = null, covariates } = spec.columns.assignments
  const features = spec.readOut.heterogeneity?.features ?? []
  const asNumbers = features.filter(({ kind }) => kind === 'number').map(({ column }) => column)
  await requireReadable(analytics, source, {
    numbers: [...propensityColumns(spec), ...(order === null ? [] : [order]), ...covariates, ...asNumbers],
    moments: [time, assigned, ...features.map(({ measured }) => measured)].filter((column) => column !== null),
  })
  const before = await checkRows(analytics, source, spec)
  const unit = await readUnits(analytics, spec, exposureRows(source, spec))
  await analytics.run(exposureTable(source, spec, unit))
  return { ...(await describeExposures(analytics, spec, before)), ...(await describeUnits(analytics, spec, unit)) }
}

/** Columns of the assignments that have a meaning of their own. */
function namedColumns(spec: FileSpec): readonly string[] {
  const { readOut } = spec
  const { user, variant, assigned, phase, stratum, order = null, cluster, covariates } = spec.columns.assignments
  const optional = [assigned, phase, stratum, order, ...propensityColumns(spec)].filter((column) => column !== null)
  const known = (readOut.heterogeneity?.features ?? []).flatMap(({ column, measured }) => [column, measured ?? column])
  return [user, variant, ...optional, ...cluster, ...covariates, ...segmentsAsked(readOut), ...known]
}

function checkColumns(source: Source, spec: FileSpec): void {
  const { columns, readOut } = spec
  const { user, variant, time, assigned, phase, stratum, order = null, covariates } = columns.assignments
  requireColumn(source, user, 'the user')
  requireColumn(source, variant, 'the variant')
  for (const column of columns.assignments.cluster) requireColumn(source, column, 'the cluster')
  const optional = { time, assigned, phase, stratum, order }
  for (const column of propensityColumns(spec)) requireColumn(source, column, 'a propensity')
  for (const [what, column] of Object.entries(optional)) if (column !== null) requireColumn(source, column, what)
  for (const column of covariates) requireColumn(source, column, 'a covariate')
  for (const column of readOut.segments) requireColumn(source, column, 'a segment')
  for (const { column, measured } of readOut.heterogeneity?.features ?? []) {
    requireColumn(source, column, 'a feature')
    if (measured !== null) requireColumn(source, measured, 'when a feature was measured')
  }
  for (const { column } of readOut.interactions ?? [])
    requireColumn(source, column, 'the variant of another experiment')
}

interface RowCounts {
  readonly rows: number
  readonly withoutUser: number
  readonly withoutVariant: number
}

async function checkRows(analytics: Analytics, source: Source, spec: FileSpec): Promise<RowCounts> {
  const { user, variant } = spec.columns.assignments
  const known = spec.readOut.variants.map(({ name }) => literal(name)).join(', ')
  const isUnknown = `${textOf(variant)} NOT IN (${known})`
  const chances = wrongPropensity(source, spec)
  const [row = []] = await analytics.rows(
    `SELECT count(*), count(*) FILTER (WHERE ${textOf(user)} IS NULL), count(*) FILTER (WHERE ${textOf(variant)} IS NULL),
       count(*) FILTER (WHERE ${isUnknown}), min(${textOf(variant)}) FILTER (WHERE ${isUnknown}),
       count(*) FILTER (WHERE ${chances.isWrong}) FROM ${source.relation}`,
  )
  const [rows, withoutUser, withoutVariant, unknown] = row.map(Number)
  if (rows === 0) throw new PalomaError('TABLE_EMPTY', `${source.path}: expected rows of assignments, got none`)
  if (unknown !== 0) {
    throw new PalomaError(
      'VARIANT_UNKNOWN',
      `${source.path}: column "${variant}" expects one of ${spec.readOut.variants.map(({ name }) => name).join(', ')}, got ${JSON.stringify(row[4])} (${unknown} such rows)`,
      { hint: 'add it to `variants` of the spec, or take its rows out' },
    )
  }
  if (Number(row[5]) !== 0) {
    throw new PalomaError(
      'TABLE_VALUE_INVALID',
      `${source.path}: ${chances.words}, got ${Number(row[5])} rows with another value or none`,
    )
  }
  return { rows: rows!, withoutUser: withoutUser!, withoutVariant: withoutVariant! }
}

/** What is kept of the user's first exposure, beside variant and time: names and expressions. */
function keptParts(source: Source, spec: FileSpec): readonly (readonly [string, string])[] {
  const { readOut, columns } = spec
  const { stratum, order = null, covariates } = columns.assignments
  const phase = phaseExpression(spec)
  return [
    ...(phase === null ? [] : [['phase', phase] as const]),
    ...(order === null ? [] : [['place', numberOf(source, order)] as const]),
    ...(stratum === null ? [] : [['stratum', textOf(stratum)] as const]),
    ...propensityParts(source, spec),
    ...segmentsAsked(readOut).map((column, i) => [segmentColumn(i), textOf(column)] as const),
    ...covariates.map((column, i) => [covariateColumn(i), numberOf(source, column)] as const),
    ...(readOut.heterogeneity?.features ?? []).flatMap(({ column, measured }, i) => [
      [featureColumn(i), textOf(column)] as const,
      ...(measured === null ? [] : [[measuredColumn(i), momentOf(source, measured)] as const]),
    ]),
  ]
}

/** SQL of a row's phase; null where shares stood still. An adaptive phase that is the only one needs no column. */
function phaseExpression({ readOut: { phases }, columns: { assignments } }: FileSpec): string | null {
  if (assignments.phase !== null) return textOf(assignments.phase)
  const [only] = phases
  return only?.isAdaptive === true ? literal(only.name) : null
}

/** Whether the table `exposure` has a phase. */
export function hasPhase(spec: FileSpec): boolean {
  return phaseExpression(spec) !== null
}

/** The rows of assignments that name user and variant. */
function exposureRows(source: Source, spec: FileSpec): string {
  const { user, variant, time, assigned } = spec.columns.assignments
  const index = spec.readOut.variants.map(({ name }, i) => `WHEN ${literal(name)} THEN ${i}`).join(' ')
  const at = time === null ? 'CAST(NULL AS BIGINT)' : momentOf(source, time)
  const parts = [
    ...(assigned === null ? [] : [['a', momentOf(source, assigned)] as const]),
    ...unitParts(spec, at),
    ...keptParts(source, spec),
  ]
  return `SELECT ${userExpression(source, user)} AS u, CAST(CASE ${textOf(variant)} ${index} END AS TINYINT) AS v, ${at} AS t${parts
    .map(([name, expression]) => `, ${expression} AS ${name}`)
    .join('')}
    FROM ${source.relation} WHERE ${textOf(user)} IS NOT NULL AND ${textOf(variant)} IS NOT NULL`
}

// Later than every moment.
const NEVER = '9223372036854775807'

/** One row per user, or per user and slot of time. */
function exposureTable(source: Source, spec: FileSpec, { rows, kept, key }: ExposureUnits): string {
  const { time, assigned } = spec.columns.assignments
  const isTriggered = time === null ? 'true' : 't IS NOT NULL'
  // What was not known at the first exposure stays unknown, and who was never exposed has what his row says.
  const first = (expression: string): string =>
    time === null ? `min(${expression})` : `arg_min_null(${expression}, coalesce(t, ${NEVER}))`
  const names = [...kept, ...keptParts(source, spec).map(([name]) => name)]
  return `CREATE TEMP TABLE exposure AS
    SELECT *, v = w AND triggered AND NOT early AND NOT outside${kept.includes('mixed') ? ' AND NOT mixed' : ''} AS ok FROM (
      SELECT *, ${isTriggered} AS triggered, ${assigned === null ? 'false' : 'coalesce(t < a, false)'} AS early, ${outside(spec)} AS outside,
        CAST(t // ${MS_PER_DAY} AS INTEGER) AS day FROM (
        SELECT ${key.join(', ')}, min(v) AS v, max(v) AS w, min(t) AS t, ${assigned === null ? '' : 'min(a) AS a, '}count(*) AS n${names.map((name) => `, ${first(name)} AS ${name}`).join('')}
        FROM (${rows}) GROUP BY ${key.join(', ')}))`
}

/** Whole numbers stay whole, anything else is text: that of the whole number where a number with a point is one. */
export function userExpression(source: Source, user: string): string {
  const type = source.types.get(user) ?? ''
  const name = identifier(user)
  if (/INT/.test(type)) return name
  return isFractional(type)
    ? `CASE WHEN ${name} = trunc(${name}) THEN coalesce(CAST(TRY_CAST(${name} AS BIGINT) AS VARCHAR), ${textOf(user)}) ELSE ${textOf(user)} END`
    : textOf(user)
}

function outside({ readOut: { start, end }, asOf, now }: FileSpec): string {
  const last = Math.min(asOf ?? Infinity, now ?? Infinity)
  const bounds = [
    start === null ? null : `t < ${start}`,
    end === null ? null : `t >= ${end}`,
    last === Infinity ? null : `t > ${last}`,
  ]
  return `coalesce(${bounds.filter((bound) => bound !== null).join(' OR ') || 'false'}, false)`
}

const IS_ASSIGNED = 'v = w AND NOT outside'

async function describeExposures(analytics: Analytics, spec: FileSpec, before: RowCounts): Promise<Exposures> {
  const { time, assigned } = spec.columns.assignments
  const [row = []] = await analytics.rows(`SELECT count(*), coalesce(sum(n), 0), count(*) FILTER (WHERE v <> w),
    count(*) FILTER (WHERE early), count(*) FILTER (WHERE outside AND NOT early), count(*) FILTER (WHERE ok),
    min(t) FILTER (WHERE ok), max(t) FILTER (WHERE ok), typeof(any_value(u)), count(*) FILTER (WHERE NOT triggered) FROM exposure`)
  const [users = 0, rows = 0, crossed = 0, early = 0, outsideUsers = 0, ok = 0] = row.map(Number)
  const cells = async (where: string, on: string): Promise<readonly ExposureCell[]> => {
    const found =
      await analytics.rows(`SELECT v, ${hasPhase(spec) ? 'phase' : 'NULL'}, ${on}, count(*) FROM exposure WHERE ${where}
      GROUP BY ALL ORDER BY ALL`)
    return found.map(([v, p, day, n]) => ({
      variant: spec.readOut.variants[Number(v)]!.name,
      phase: p === null ? null : String(p),
      day: day === null ? null : Number(day),
      users: Number(n),
    }))
  }
  const isAssignedKnown = assigned !== null || Number(row[9]) > 0
  const dayAssigned = assigned === null ? 'day' : `CAST(coalesce(a, t) // ${MS_PER_DAY} AS INTEGER)`
  return {
    hasTime: time !== null && row[6] !== null,
    userType: String(row[8]),
    exposed: await cells('ok', 'day'),
    assigned: isAssignedKnown ? await cells(IS_ASSIGNED, dayAssigned) : null,
    ...(isAdaptive(spec)
      ? {
          drawn: {
            exposed: await drawnCells(analytics, spec, 'ok'),
            assigned: isAssignedKnown ? await drawnCells(analytics, spec, IS_ASSIGNED) : null,
          },
        }
      : {}),
    users: ok,
    firstAt: row[6] === null ? null : Number(row[6]),
    lastAt: row[7] === null ? null : Number(row[7]),
    faults: {
      rows: before.rows,
      users,
      repeatedRows: rows - users,
      rowsWithoutUser: before.withoutUser,
      rowsWithoutVariant: before.withoutVariant,
      usersInManyVariants: crossed,
      exposedBeforeAssigned: early,
      outsideExperiment: outsideUsers,
    },
  }
}

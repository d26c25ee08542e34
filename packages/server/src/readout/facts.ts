import { type ExperimentMetric, type FactColumn, PalomaError, PRE_DAYS, windowMs } from '@paloma/core'
import type { FileSpec, MetricForm } from './contract.ts'
import type { Analytics } from './duckdb.ts'
import { type Exposures, userExpression } from './exposure.ts'
import { momentOf, numberOf, requireColumn, requireOnce, requireReadable, type Source, textOf } from './source.ts'
import { identifier, literal, numeral } from './sql.ts'
import { slotMs } from './units.ts'

/** One row per user with what the metrics need: a relation with the column `u` and those that `columns` names. */
export interface Facts {
  readonly relation: string
  /** Which of its rows `f` belongs to a row `e` of the table `exposure`. */
  readonly belongs: string
  readonly columns: readonly FactColumns[]
  /** Rows of the file; null where that is not known for free. */
  readonly rows: number
  readonly rowsFromFuture: number
  readonly repeatedRows: number
  /** Rows about users without an assignment; null where every other row is one of them. */
  readonly rowsOfOthers: number | null
  /** A user without a row has 0 everywhere. */
  readonly absentIsZero: boolean
  /** Values without a window grow as more rows come. */
  readonly isGrowing: boolean
  /** The moment of the read-out. */
  readonly asOf: number | null
  /** By metric that is a quantile of single events: their relation, with `u`, `v` and `x`. */
  readonly events: ReadonlyMap<string, string>
}

/** Columns of one metric in the relation of facts. */
export interface FactColumns {
  readonly numerator: string
  readonly denominator: string | null
  /** The same numbers before exposure. */
  readonly pre: readonly string[]
  /** The numerator on each day since exposure, where effects are followed for wearing off. */
  readonly daily: readonly string[]
}

const MS_PER_DAY = 86_400_000

/** Long or wide: as the spec says, else as the columns do. */
export function formOf(source: Source, { columns }: FileSpec): MetricForm {
  return columns.metrics.form ?? (source.types.has(columns.metrics.metric) ? 'long' : 'wide')
}

/**
 * One row per user from a table of metrics. Throws TABLE_COLUMN_MISSING, METRIC_UNKNOWN or TABLE_VALUE_INVALID before
 * anything is computed.
 */
export async function readFacts(
  analytics: Analytics,
  source: Source,
  how: { readonly spec: FileSpec; readonly exposures: Exposures },
): Promise<Facts> {
  return formOf(source, how.spec) === 'wide' ? wideFacts(analytics, source, how) : longFacts(analytics, source, how)
}

type How = { readonly spec: FileSpec; readonly exposures: Exposures }

async function wideFacts(analytics: Analytics, source: Source, { spec, exposures }: How): Promise<Facts> {
  const { user, preSuffix, absent } = spec.columns.metrics
  requireColumn(source, user, 'the user')
  requireRowsOfEvents(source, spec)
  const columns = spec.readOut.metrics.map((metric) => wideColumns(source, metric, preSuffix))
  const wanted = [
    ...new Set(columns.flatMap(({ numerator, denominator, pre }) => [numerator, denominator ?? numerator, ...pre])),
  ]
  await requireReadable(analytics, source, { numbers: wanted, moments: [] })
  const [count = []] = await analytics.rows(`SELECT count(*) FROM ${source.relation}`)
  const names = new Map(wanted.map((column, i) => [column, `f${i}`]))
  const selected = wanted.map((column) => `${numberOf(source, column)} AS ${names.get(column)}`)
  return {
    relation: `(SELECT TRY_CAST(${userExpression(source, user)} AS ${exposures.userType}) AS u, ${selected.join(', ')} FROM ${source.relation})`,
    belongs: 'e.u = f.u',
    columns: columns.map(({ numerator, denominator, pre }) => ({
      numerator: names.get(numerator)!,
      denominator: denominator === null ? null : names.get(denominator)!,
      pre: pre.map((column) => names.get(column)!),
      daily: [],
    })),
    rows: Number(count[0]),
    rowsFromFuture: 0,
    repeatedRows: 0,
    rowsOfOthers: null,
    absentIsZero: absent === 'zero',
    isGrowing: false,
    asOf: spec.asOf ?? exposures.lastAt,
    events: new Map(),
  }
}

/** A table with one row per user says neither when something happened nor how often. */
function requireRowsOfEvents(source: Source, spec: FileSpec): void {
  const ofEvents = spec.readOut.metrics.find(({ quantileSettings }) => quantileSettings?.type === 'event')
  const why =
    slotMs(spec) !== null
      ? 'slots of time'
      : ofEvents === undefined
        ? null
        : `the quantile of events "${ofEvents.name}"`
  if (why === null) return
  throw new PalomaError(
    'METRIC_UNSUPPORTED',
    `${source.path}: ${why} expects one row per event with user, metric, value and time, got one row per user`,
  )
}

function wideColumns(source: Source, metric: ExperimentMetric, suffix: string): FactColumns {
  const { numerator, denominator } = metric
  const parts = [numerator, ...(denominator === undefined ? [] : [denominator])].map(({ column }) => column)
  for (const column of parts) requireMetric(source, metric, column)
  const before = parts.map((column) => `${column}${suffix}`)
  for (const column of [...parts, ...before]) requireOnce(source, column)
  const pre = isAdjusted(metric) && before.every((column) => source.types.has(column)) ? before : []
  return { numerator: numerator.column, denominator: denominator?.column ?? null, pre, daily: [] }
}

/** Whether its effect is to be adjusted for what is known from before. */
export function isAdjusted({ regressionAdjustmentSettings, metricType }: ExperimentMetric): boolean {
  return regressionAdjustmentSettings?.enabled !== false && metricType !== 'quantile'
}

function requireMetric(source: Source, { name }: ExperimentMetric, column: string): void {
  if (source.types.has(column)) return
  throw unknownMetric({ path: source.path, name, column, known: [...source.types.keys()] })
}

function unknownMetric(found: { path: string; name: string; column: string; known: readonly string[] }): PalomaError {
  const { path, name, column, known } = found
  return new PalomaError(
    'METRIC_UNKNOWN',
    `${path}: metric "${name}" expects "${column}", got ${known.slice(0, 20).join(', ')}`,
    {
      hint: 'check numerator.column and denominator.column of the spec',
    },
  )
}

async function longFacts(analytics: Analytics, source: Source, { spec, exposures }: How): Promise<Facts> {
  const { user, metric, value, time } = spec.columns.metrics
  requireColumn(source, user, 'the user')
  requireColumn(source, metric, 'the metric')
  const hasTime = exposures.hasTime && source.types.has(time)
  if (exposures.hasTime) requireColumn(source, time, 'when it happened; assignments have a time')
  const hasValue = source.types.has(value)
  await requireReadable(analytics, source, { numbers: hasValue ? [value] : [], moments: hasTime ? [time] : [] })
  await requireLongMetrics(analytics, source, spec)
  const parts = { hasTime, hasValue }
  const counts = await countLong(analytics, source, { spec, exposures, ...parts })
  const asOf = spec.asOf ?? notAfter(spec, counts.lastAt) ?? exposures.lastAt
  const how = { spec, exposures, asOf, repeated: counts.repeated, ...parts }
  await analytics.run(factsTable(source, how))
  return {
    relation: 'facts',
    belongs: slotMs(spec) === null ? 'e.u = f.u' : 'e.u = f.u AND e.slot = f.slot',
    columns: spec.readOut.metrics.map((_, i) => longColumns(spec, i, hasTime)),
    rows: counts.rows,
    rowsFromFuture: asOf === null || !hasTime ? 0 : await countFuture(analytics, source, { time, asOf }),
    repeatedRows: counts.repeated,
    rowsOfOthers: counts.ofOthers,
    absentIsZero: true,
    isGrowing: hasTime && slotMs(spec) === null,
    asOf,
    events: await eventTables(analytics, source, how),
  }
}

/** The last moment in the data, unless a clock was wrong. */
function notAfter({ now }: FileSpec, lastAt: number | null): number | null {
  return lastAt === null || now === undefined ? lastAt : Math.min(lastAt, now)
}

async function requireLongMetrics(analytics: Analytics, source: Source, { columns, readOut }: FileSpec): Promise<void> {
  const found = await analytics.rows(`SELECT DISTINCT ${textOf(columns.metrics.metric)} FROM ${source.relation}`)
  const known = new Set(found.map(([name]) => String(name)))
  for (const { name, numerator, denominator } of readOut.metrics) {
    for (const { column } of [numerator, denominator ?? numerator]) {
      if (!known.has(column)) throw unknownMetric({ path: source.path, name, column, known: [...known].sort() })
    }
  }
}

interface LongParts {
  readonly hasTime: boolean
  readonly hasValue: boolean
}

interface LongCounts {
  readonly rows: number
  readonly repeated: number
  readonly ofOthers: number
  readonly lastAt: number | null
}

/** Rows that only repeat another: those of the same id, or without ids those alike in everything with a time of day. */
async function countLong(
  analytics: Analytics,
  source: Source,
  { spec, exposures, hasTime }: LongParts & How,
): Promise<LongCounts> {
  const { id, time, user } = spec.columns.metrics
  const at = hasTime ? momentOf(source, time) : 'NULL'
  const [row = []] = await analytics.rows(
    `SELECT count(*), max(t), count(*) FILTER (WHERE t % ${MS_PER_DAY} <> 0), count(*) FILTER (WHERE u IS NULL OR u NOT IN (SELECT u FROM exposure))
     FROM (SELECT ${at} AS t, TRY_CAST(${userExpression(source, user)} AS ${exposures.userType}) AS u FROM ${source.relation})`,
  )
  const [rows = 0, , timed = 0, ofOthers = 0] = row.map(Number)
  const lastAt = row[1] === null || row[1] === undefined ? null : Number(row[1])
  const key = id === null ? (timed > 0 ? repeatKey(source, spec) : null) : identifier(id)
  if (key === null) return { rows, repeated: 0, ofOthers, lastAt }
  const [distinct = []] = await analytics.rows(`SELECT count(*) FROM (SELECT DISTINCT ${key} FROM ${source.relation})`)
  return { rows, repeated: rows - Number(distinct[0]), ofOthers, lastAt }
}

function repeatKey(source: Source, { columns }: FileSpec): string {
  const { user, metric, value, time } = columns.metrics
  return [user, metric, value, time]
    .filter((column) => source.types.has(column))
    .map(identifier)
    .join(', ')
}

async function countFuture(
  analytics: Analytics,
  source: Source,
  { time, asOf }: { readonly time: string; readonly asOf: number },
): Promise<number> {
  const [row = []] = await analytics.rows(
    `SELECT count(*) FROM ${source.relation} WHERE ${momentOf(source, time)} > ${asOf}`,
  )
  return Number(row[0])
}

type LongHow = LongParts & How & { readonly asOf: number | null; readonly repeated: number }

/** The rows of the metrics that are asked for, each once: user, name, number and moment. */
function metricRows(source: Source, { spec, exposures, hasTime, hasValue, repeated }: LongHow): string {
  const { user, metric, value, time, id } = spec.columns.metrics
  const wanted = new Set(
    spec.readOut.metrics.flatMap((each) => [each.numerator.column, each.denominator?.column ?? each.numerator.column]),
  )
  const once = repeated === 0 ? '' : `DISTINCT ON (${id === null ? repeatKey(source, spec) : identifier(id)})`
  const number = hasValue ? `coalesce(${numberOf(source, value)}, CAST('NaN' AS DOUBLE))` : 'CAST(1 AS DOUBLE)'
  return `SELECT ${once} TRY_CAST(${userExpression(source, user)} AS ${exposures.userType}) AS u, ${textOf(metric)} AS k,
    ${number} AS x, ${hasTime ? momentOf(source, time) : 'NULL'} AS at
    FROM ${source.relation} WHERE ${textOf(metric)} IN (${[...wanted].map(literal).join(', ')})`
}

function factsTable(source: Source, how: LongHow): string {
  const { spec, hasTime, asOf } = how
  const selected = spec.readOut.metrics.flatMap((_, i) => longExpressions(spec, i, hasTime))
  const past = asOf === null || !hasTime ? '' : `AND m.at <= ${asOf}`
  const key = slotMs(spec) === null ? 'm.u' : 'm.u, e.slot'
  return `CREATE TEMP TABLE facts AS SELECT ${key}, ${selected.join(', ')}
    FROM (${metricRows(source, how)}) m JOIN exposure e ON m.u = e.u WHERE e.ok ${past} GROUP BY ${key}`
}

/** The single events of metrics that are a quantile of them, of users whose window has closed. */
async function eventTables(analytics: Analytics, source: Source, how: LongHow): Promise<ReadonlyMap<string, string>> {
  const { spec, exposures, hasTime, asOf } = how
  const tables = new Map<string, string>()
  for (const metric of spec.readOut.metrics) {
    if (metric.quantileSettings?.type !== 'event') continue
    const relation = `events${tables.size}`
    const when = hasTime
      ? `${windowCondition(spec, metric)} AND ${completeWhen({ spec, exposures, asOf }, metric)}`
      : 'true'
    const past = asOf === null || !hasTime ? '' : `AND m.at <= ${asOf}`
    const limit = metric.cappingSettings?.type === 'absolute' ? numeral(metric.cappingSettings.value) : null
    await analytics.run(`CREATE TEMP TABLE ${relation} AS SELECT e.*, ${limit === null ? 'm.x' : `least(m.x, ${limit})`} AS x
      FROM (${metricRows(source, how)}) m JOIN exposure e ON m.u = e.u
      WHERE e.ok AND m.k = ${literal(metric.numerator.column)} AND ${when} ${past}`)
    tables.set(metric.name, relation)
  }
  return tables
}

/** When the number of an exposed user does not change any more; `true` where it may be counted at any time. */
export function completeWhen(
  { spec, exposures, asOf }: How & { readonly asOf: number | null },
  { windowSettings }: ExperimentMetric,
): string {
  const length = slotMs(spec)
  if (length !== null && asOf !== null) return `(e.slot + 1) * ${length} <= ${asOf}`
  if (windowSettings === undefined || !exposures.hasTime || asOf === null) return 'true'
  return `e.t + ${windowMs(windowSettings).until} <= ${asOf}`
}

function longColumns(spec: FileSpec, i: number, hasTime: boolean): FactColumns {
  const metric = spec.readOut.metrics[i]!
  const isRatio = metric.denominator !== undefined
  const pre = hasTime && isAdjusted(metric) ? [`p${i}`, ...(isRatio ? [`q${i}`] : [])] : []
  const daily = Array.from({ length: hasTime ? noveltyDays(spec, metric) : 0 }, (_, day) => `w${i}_${day}`)
  return { numerator: `n${i}`, denominator: isRatio ? `d${i}` : null, pre, daily }
}

/** Whole days of a metric's window that are followed one by one; 0 where its number is no sum or share of days. */
function noveltyDays(
  { readOut, columns }: FileSpec,
  { metricType, windowSettings, denominator }: ExperimentMetric,
): number {
  const isPlain = (metricType === 'mean' || metricType === 'proportion') && denominator === undefined
  const isWeighted = columns.assignments.propensity !== null
  if (!isPlain || windowSettings === undefined || readOut.unit !== undefined || isWeighted) return 0
  const { from, until } = windowMs(windowSettings)
  const days = Math.min(readOut.noveltyDays ?? 0, Math.floor((until - from) / MS_PER_DAY))
  return days < 2 ? 0 : days
}

function longExpressions(spec: FileSpec, i: number, hasTime: boolean): readonly string[] {
  const metric = spec.readOut.metrics[i]!
  const { denominator } = metric
  const { pre, daily } = longColumns(spec, i, hasTime)
  const days = metric.regressionAdjustmentSettings?.days ?? PRE_DAYS
  const after = hasTime ? windowCondition(spec, metric) : 'true'
  const before = `m.at < e.t AND m.at >= e.t - ${days * MS_PER_DAY}`
  const parts = [metric.numerator, ...(denominator === undefined ? [] : [denominator])]
  return [
    ...parts.map((part, j) => `${perUser(metric, part, after)} AS ${j === 0 ? 'n' : 'd'}${i}`),
    ...pre.map((name, j) => `${perUser(metric, parts[j]!, before)} AS ${name}`),
    ...daily.map((name, day) => `${perUser(metric, metric.numerator, dayCondition(metric, day))} AS ${name}`),
  ]
}

/** What counts after exposure. A slot of time ends every window, so that no row counts in two slots. */
function windowCondition(spec: FileSpec, { windowSettings }: ExperimentMetric): string {
  const length = slotMs(spec)
  const ofSlot = length === null ? '' : ` AND m.at < (e.slot + 1) * ${length}`
  if (windowSettings === undefined) return `m.at >= e.t${ofSlot}`
  const { from, until } = windowMs(windowSettings)
  return `m.at >= e.t + ${from} AND m.at < e.t + ${until}${ofSlot}`
}

/** One day of the window, counted from its begin. */
function dayCondition({ windowSettings }: ExperimentMetric, day: number): string {
  const from = (windowSettings === undefined ? 0 : windowMs(windowSettings).from) + day * MS_PER_DAY
  return `m.at >= e.t + ${from} AND m.at < e.t + ${from + MS_PER_DAY}`
}

/** Of the rows of one user. */
function perUser(metric: ExperimentMetric, { column, aggregation = 'sum' }: FactColumn, when: string): string {
  const filter = `FILTER (WHERE m.k = ${literal(column)} AND ${when})`
  switch (metric.metricType) {
    case 'proportion':
    case 'retention':
      return `coalesce(max(CASE WHEN isfinite(m.x) THEN CAST(m.x <> 0 AS DOUBLE) ELSE m.x END) ${filter}, 0)`
    case 'dailyParticipation':
      return `CAST(count(DISTINCT m.at // ${MS_PER_DAY}) ${filter} AS DOUBLE) / ${windowDays(metric)}`
    default:
      return aggregation === 'count'
        ? `CAST(count(*) ${filter} AS DOUBLE)`
        : `coalesce(${aggregation}(m.x) ${filter}, 0)`
  }
}

function windowDays({ windowSettings }: ExperimentMetric): number {
  if (windowSettings === undefined) return 1
  const { from, until } = windowMs(windowSettings)
  return Math.max(1, Math.ceil((until - from) / MS_PER_DAY))
}

import { stat } from 'node:fs/promises'
import { PalomaError } from '@paloma/core'
import type { Analytics, SqlValue } from './duckdb.ts'
import { identifier, literal } from './sql.ts'

/** A table in a file: how SQL reads it, and its columns with their types. */
export interface Source {
  readonly path: string
  readonly relation: string
  readonly types: ReadonlyMap<string, string>
  /** Names that the header of a CSV says more than once: nobody knows which of them is meant. */
  readonly repeated?: ReadonlySet<string>
}

const ENDINGS: readonly (readonly [RegExp, (path: string) => string])[] = [
  // Everything is text at first: a sniffer would make 7 of the user 007.
  [/\.csv(\.gz)?$/i, (path) => `read_csv(${path}, header = true, all_varchar = true)`],
  [/\.(jsonl|ndjson)(\.gz)?$/i, (path) => `read_json(${path}, format = 'newline_delimited', sample_size = -1)`],
  [/\.parquet$/i, (path) => `read_parquet(${path})`],
]

/**
 * Opens a table by its ending: .csv, .jsonl, .ndjson (each also .gz) or .parquet; a pattern with `*` names several files
 * as one table. Throws TABLE_NOT_FOUND, TABLE_FORMAT_UNKNOWN, TABLE_EMPTY or READOUT_FAILED.
 */
export async function openSource(analytics: Analytics, path: string): Promise<Source> {
  const relationOf = ENDINGS.find(([ending]) => ending.test(path))?.[1]
  if (relationOf === undefined) {
    throw new PalomaError('TABLE_FORMAT_UNKNOWN', `${path}: the ending must name a format, got none that is known`, {
      hint: 'use .csv, .jsonl, .ndjson, each also with .gz, or .parquet',
    })
  }
  if (!path.includes('*')) await requireFile(path)
  const relation = relationOf(literal(path))
  const described = await analytics.rows(`DESCRIBE SELECT * FROM ${relation}`)
  const types = new Map(described.map(([name, type]) => [String(name), String(type)]))
  if (types.size === 0) throw new PalomaError('TABLE_EMPTY', `${path}: expected columns, got none`)
  if (relation.startsWith('read_json')) return asWritten({ path, relation, types })
  return { path, relation, types, repeated: await repeatedNames(analytics, relation, types) }
}

/** A reader of CSV calls the second column of a name `name_1`: where there is one, the header itself is asked. */
async function repeatedNames(
  analytics: Analytics,
  relation: string,
  types: Source['types'],
): Promise<ReadonlySet<string>> {
  const isSuspect = [...types.keys()].some((name) => /_\d+$/.test(name) && types.has(name.replace(/_\d+$/, '')))
  if (!relation.startsWith('read_csv') || !isSuspect) return new Set()
  const [header = []] = await analytics.rows(
    `SELECT * FROM ${relation.replace('header = true', 'header = false, max_line_size = 4194304')} LIMIT 1`,
  )
  return new Set(header.map(String).filter((name, i, all) => all.indexOf(name) < i))
}

/** A reader of JSON takes texts that look like one for dates or ids of another form: they stay texts. */
function asWritten({ path, relation, types }: Source): Source {
  const plain = new Map(
    [...types].map(([name, type]) => [name, /^(DATE|TIME|UUID)/.test(type) ? 'VARCHAR' : type] as const),
  )
  const columns = [...plain].map(([name, type]) => `${literal(name)}: ${literal(type)}`).join(', ')
  return { path, relation: relation.replace('sample_size = -1', `columns = {${columns}}`), types: plain }
}

async function requireFile(path: string): Promise<void> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const what = cause.code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${cause.code ?? ''})`
    throw new PalomaError('TABLE_NOT_FOUND', `${path}: ${what}`, { hint: 'check the path', cause })
  })
  if (!found.isFile()) throw new PalomaError('TABLE_NOT_FOUND', `${path}: expected a file, got a directory`)
  if (found.size === 0) throw new PalomaError('TABLE_EMPTY', `${path}: expected a header line, got an empty file`)
}

/** Throws TABLE_COLUMN_MISSING unless the table has the column, TABLE_COLUMN_REPEATED where it has several of its name. */
export function requireColumn(source: Source, column: string, purpose: string): void {
  requireOnce(source, column)
  if (source.types.has(column)) return
  throw new PalomaError(
    'TABLE_COLUMN_MISSING',
    `${source.path}: expected a column "${column}" (${purpose}), got ${[...source.types.keys()].join(', ')}`,
    {
      hint: 'columns get their names under `columns` of the spec',
    },
  )
}

/** Throws TABLE_COLUMN_REPEATED where the table has several columns of this name. */
export function requireOnce({ path, repeated }: Source, column: string): void {
  if (repeated === undefined || !repeated.has(column)) return
  throw new PalomaError('TABLE_COLUMN_REPEATED', `${path}: expected one column "${column}", got several of that name`, {
    hint: 'give each a name of its own',
  })
}

/** A column as text. */
export function textOf(column: string): string {
  return `CAST(${identifier(column)} AS VARCHAR)`
}

/** A column as a number; text that is none becomes null, `true` and `false` are 1 and 0. */
export function numberOf(source: Source, column: string): string {
  const name = identifier(column)
  if (!isText(source, column)) return `CAST(${name} AS DOUBLE)`
  const truth = `CASE lower(${name}) WHEN 'true' THEN 1.0::DOUBLE WHEN 'false' THEN 0.0::DOUBLE END`
  return `coalesce(TRY_CAST(${name} AS DOUBLE), ${truth})`
}

/** A column as UTC milliseconds; text that is no moment becomes null. Numbers are milliseconds already. */
export function momentOf(source: Source, column: string): string {
  const name = identifier(column)
  const type = source.types.get(column) ?? ''
  if (isNumber(source, column)) return `CAST(${name} AS BIGINT)`
  if (isText(source, column)) return `coalesce(epoch_ms(TRY_CAST(${name} AS TIMESTAMPTZ)), TRY_CAST(${name} AS BIGINT))`
  if (/TIMESTAMP WITH TIME ZONE/.test(type)) return `epoch_ms(${name})`
  return `epoch_ms(CAST(${name} AS TIMESTAMP))`
}

export function isText(source: Source, column: string): boolean {
  const type = source.types.get(column) ?? ''
  return type === 'VARCHAR' || type === 'JSON'
}

/** Whole numbers, and numbers with a point. */
function isNumber(source: Source, column: string): boolean {
  const type = source.types.get(column) ?? ''
  return /INT/.test(type) || isFractional(type)
}

/** A type of numbers with a point: what a table makes of whole numbers as soon as one is missing. */
export function isFractional(type: string): boolean {
  return /^(DOUBLE|FLOAT|DECIMAL)/.test(type)
}

interface Readable {
  readonly column: string
  readonly as: string
  readonly what: string
}

/**
 * Refuses texts that should be numbers or moments, and moments in seconds: TABLE_VALUE_INVALID with column, value, the first row that has
 * it and how many there are. Nothing is read where all columns have a type of their own.
 */
export async function requireReadable(
  analytics: Analytics,
  source: Source,
  columns: { readonly numbers: readonly string[]; readonly moments: readonly string[] },
): Promise<void> {
  const checks: readonly Readable[] = [
    ...columns.numbers.map((column) => ({ column, as: numberOf(source, column), what: 'a number' })),
    ...columns.moments.map((column) => ({
      column,
      as: momentOf(source, column),
      what: 'a moment such as 2026-01-31T12:00:00Z',
    })),
  ].filter(({ column }) => isText(source, column))
  const counted = columns.moments.filter((column) => isText(source, column) || isNumber(source, column))
  if (checks.length + counted.length === 0) return
  const asked = [
    ...checks.map((check) => `count(*) FILTER (WHERE ${isWrong(check)})`),
    ...counted.map((column) => `max(TRY_CAST(${identifier(column)} AS BIGINT))`),
  ]
  const [row = []] = await analytics.rows(`SELECT ${asked.join(', ')} FROM ${source.relation}`)
  for (const [i, check] of checks.entries()) {
    if (Number(row[i]) > 0) throw await unreadable(analytics, source, { ...check, rows: Number(row[i]) })
  }
  for (const [i, column] of counted.entries()) requireMilliseconds(source, column, row[checks.length + i] ?? null)
}

function isWrong({ column, as }: Readable): string {
  return `${identifier(column)} IS NOT NULL AND ${as} IS NULL`
}

/** The refusal of a value, with the first row that has one; rows are counted from 1, without the header. */
async function unreadable(
  analytics: Analytics,
  source: Source,
  wrong: Readable & { readonly rows: number },
): Promise<PalomaError> {
  const { column, what, rows } = wrong
  await analytics.run('SET preserve_insertion_order = true')
  const [row = []] = await analytics.rows(
    `SELECT n, value FROM (SELECT row_number() OVER () AS n, ${textOf(column)} AS value, ${isWrong(wrong)} AS is_wrong
      FROM ${source.relation}) WHERE is_wrong ORDER BY n LIMIT 1`,
  )
  const [n = null, value = null] = row
  return new PalomaError(
    'TABLE_VALUE_INVALID',
    `${source.path}: column "${column}" expects ${what}, got ${JSON.stringify(value)} in row ${String(n)} (${rows} such ${rows === 1 ? 'row' : 'rows'})`,
  )
}

// 1973-03-03 in milliseconds, and the year 5138 in seconds.
const LEAST_LATEST_MS = 1e11

/** Moments as numbers, the latest of which lies before 1973, are seconds: in milliseconds all would lie in January 1970. */
function requireMilliseconds({ path }: Source, column: string, latest: SqlValue): void {
  if (latest === null || !(Number(latest) > 0 && Number(latest) < LEAST_LATEST_MS)) return
  const year = new Date(Number(latest)).getUTCFullYear()
  throw new PalomaError(
    'TABLE_VALUE_INVALID',
    `${path}: column "${column}" expects milliseconds since 1970, got ${String(latest)} at most, which is in ${year}`,
    { hint: 'multiply seconds by 1000, or write moments such as 2026-01-31T12:00:00Z' },
  )
}

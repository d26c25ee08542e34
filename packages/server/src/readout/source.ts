import { stat } from 'node:fs/promises'
import { PalomaError } from '@paloma/core'
import type { Analytics } from './duckdb.ts'
import { identifier, literal } from './sql.ts'

/** A table in a file: how SQL reads it, and its columns with their types. */
export interface Source {
  readonly path: string
  readonly relation: string
  readonly types: ReadonlyMap<string, string>
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
  return relation.startsWith('read_json') ? asWritten({ path, relation, types }) : { path, relation, types }
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

/** Throws TABLE_COLUMN_MISSING unless the table has the column. */
export function requireColumn(source: Source, column: string, purpose: string): void {
  if (source.types.has(column)) return
  throw new PalomaError(
    'TABLE_COLUMN_MISSING',
    `${source.path}: expected a column "${column}" (${purpose}), got ${[...source.types.keys()].join(', ')}`,
    {
      hint: 'columns get their names under `columns` of the spec',
    },
  )
}

/** A column as text. */
export function textOf(column: string): string {
  return `CAST(${identifier(column)} AS VARCHAR)`
}

/** A column as a number; text that is none becomes null. */
export function numberOf(source: Source, column: string): string {
  return isText(source, column) ? `TRY_CAST(${identifier(column)} AS DOUBLE)` : `CAST(${identifier(column)} AS DOUBLE)`
}

/** A column as UTC milliseconds; text that is no moment becomes null. Whole numbers are milliseconds already. */
export function momentOf(source: Source, column: string): string {
  const name = identifier(column)
  const type = source.types.get(column) ?? ''
  if (/INT/.test(type)) return `CAST(${name} AS BIGINT)`
  if (isText(source, column)) return `coalesce(epoch_ms(TRY_CAST(${name} AS TIMESTAMPTZ)), TRY_CAST(${name} AS BIGINT))`
  if (/TIMESTAMP WITH TIME ZONE/.test(type)) return `epoch_ms(${name})`
  return `epoch_ms(CAST(${name} AS TIMESTAMP))`
}

export function isText(source: Source, column: string): boolean {
  const type = source.types.get(column) ?? ''
  return type === 'VARCHAR' || type === 'JSON'
}

/**
 * Refuses texts that should be numbers or moments: TABLE_VALUE_INVALID with column, value and how many there are.
 * Nothing is read where all columns have a type of their own.
 */
export async function requireReadable(
  analytics: Analytics,
  source: Source,
  columns: { readonly numbers: readonly string[]; readonly moments: readonly string[] },
): Promise<void> {
  const checks = [
    ...columns.numbers.map((column) => ({ column, as: numberOf(source, column), what: 'a number' })),
    ...columns.moments.map((column) => ({
      column,
      as: momentOf(source, column),
      what: 'a moment such as 2026-01-31T12:00:00Z',
    })),
  ].filter(({ column }) => isText(source, column))
  if (checks.length === 0) return
  const asked = checks.flatMap(({ column, as }) => {
    const isWrong = `${identifier(column)} IS NOT NULL AND ${as} IS NULL`
    return [`count(*) FILTER (WHERE ${isWrong})`, `min(${textOf(column)}) FILTER (WHERE ${isWrong})`]
  })
  const [row = []] = await analytics.rows(`SELECT ${asked.join(', ')} FROM ${source.relation}`)
  checks.forEach(({ column, what }, i) => {
    if (Number(row[2 * i]) === 0) return
    throw new PalomaError(
      'TABLE_VALUE_INVALID',
      `${source.path}: column "${column}" expects ${what}, got ${JSON.stringify(row[2 * i + 1])} (${Number(row[2 * i])} such rows)`,
    )
  })
}

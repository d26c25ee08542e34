import { pipeline } from 'node:stream'
import { PalomaError } from '@paloma/core'
import { CsvError, type Parser, parse } from 'csv-parse'
import { openBytes, readFailure } from './bytes.ts'
import { checkCellLength, type TableLimits } from './limits.ts'
import type { TableRow } from './row.ts'

/** Rows of a CSV file with a header, as text; empty cells are null, and columns without a name are left out. */
export async function* readCsv(
  path: string,
  isGzip: boolean,
  limits: TableLimits,
): AsyncGenerator<readonly TableRow[], void> {
  const parser = csvParser(path, limits)
  // The reader of `parser` gets the error, because pipeline destroys it with the same one.
  pipeline(openBytes(path, isGzip), parser, () => undefined)
  let header: readonly string[] | undefined
  let batch: TableRow[] = []
  try {
    for await (const record of parser as AsyncIterable<readonly string[]>) {
      if (header === undefined) {
        header = checkHeader(path, record)
        continue
      }
      batch.push(toRow(header, record))
      if (batch.length < limits.batchRows) continue
      yield batch
      batch = []
    }
  } catch (cause) {
    throw csvFailure(path, cause)
  }
  if (header === undefined) {
    throw new PalomaError('TABLE_EMPTY', `${path}: expected a header line, got an empty file`)
  }
  if (batch.length > 0) yield batch
}

function csvParser(path: string, limits: TableLimits): Parser {
  let names: readonly string[] = []
  return parse({
    bom: true,
    skip_empty_lines: true,
    max_record_size: limits.rowChars,
    on_record: (record: string[], context) => {
      if (names.length === 0) names = record
      for (const [index, cell] of record.entries()) {
        const place = { path, line: context.lines, column: names[index] ?? String(index + 1) }
        checkCellLength(cell, limits.cellChars, place)
      }
      return record
    },
  })
}

function checkHeader(path: string, record: readonly string[]): readonly string[] {
  const names = record.map((name) => name.trim())
  for (const [index, name] of names.entries()) {
    if (name === '' || names.indexOf(name) === index) continue
    throw new PalomaError('TABLE_MALFORMED', `${path}:1: column ${index + 1} has '${name}' a second time`, {
      hint: 'every column of the header needs its own name',
    })
  }
  if (names.some((name) => name !== '')) return names
  throw new PalomaError('TABLE_MALFORMED', `${path}:1: no column has a name`, {
    hint: 'the first line names the columns',
  })
}

function toRow(header: readonly string[], record: readonly string[]): TableRow {
  const row: Record<string, string | null> = {}
  for (let j = 0; j < header.length; j += 1) {
    const name = header[j]!
    if (name === '') continue
    const cell = record[j]!
    row[name] = cell === '' ? null : cell
  }
  return row
}

const CSV_HINTS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote is opened and never closed',
  CSV_RECORD_INCONSISTENT_FIELDS_LENGTH: 'every row needs as many cells as the header',
  CSV_MAX_RECORD_SIZE: 'a row is longer than is read; look for an unclosed quote',
  CSV_INVALID_CLOSING_QUOTE: 'a quote inside a quoted cell must be doubled',
  INVALID_OPENING_QUOTE: 'a cell that holds a quote must be quoted as a whole',
}

function csvFailure(path: string, cause: unknown): PalomaError {
  if (!(cause instanceof CsvError)) return readFailure(path, cause)
  const context = cause as CsvError & { readonly lines?: number; readonly column?: string | number }
  const line = context.lines ?? 0
  const column = typeof context.column === 'number' ? `, cell ${context.column + 1}` : ''
  const hint = CSV_HINTS[cause.code]
  return new PalomaError('TABLE_MALFORMED', `${path}:${line}${column}: ${cause.message}`, {
    ...(hint === undefined ? {} : { hint }),
    cause,
  })
}

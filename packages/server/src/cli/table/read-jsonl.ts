import type { Readable } from 'node:stream'
import { PalomaError } from '@paloma/core'
import { openBytes, readFailure } from './bytes.ts'
import { checkCellLength, type TableLimits } from './limits.ts'
import type { Cell, TableRow } from './row.ts'

/** Rows of a file with one flat JSON object a line; blank lines are skipped. */
export async function* readJsonl(
  path: string,
  isGzip: boolean,
  limits: TableLimits,
): AsyncGenerator<readonly TableRow[], void> {
  let batch: TableRow[] = []
  let line = 0
  for await (const text of linesOf(path, openBytes(path, isGzip), limits)) {
    line += 1
    if (text.trim() === '') continue
    batch.push(parseLine({ path, line, text }, limits))
    if (batch.length < limits.batchRows) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

async function* linesOf(path: string, bytes: Readable, limits: TableLimits): AsyncGenerator<string, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  let line = 1
  try {
    for await (const chunk of bytes as AsyncIterable<Uint8Array>) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = parts.pop() ?? ''
      yield* parts
      line += parts.length
      if (rest.length > limits.rowChars) {
        throw new PalomaError(
          'TABLE_MALFORMED',
          `${path}:${line}: the line has more than ${limits.rowChars} characters`,
        )
      }
    }
    rest += decoder.decode()
  } catch (cause) {
    throw readFailure(path, cause)
  }
  if (rest !== '') yield rest
}

interface TextLine {
  readonly path: string
  readonly line: number
  readonly text: string
}

function parseLine(source: TextLine, limits: TableLimits): TableRow {
  const value = parseJson(source)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new PalomaError(
      'TABLE_MALFORMED',
      `${source.path}:${source.line}: expected a JSON object, got ${kindOf(value)}`,
    )
  }
  for (const [column, cell] of Object.entries(value)) {
    const place = { path: source.path, line: source.line, column }
    if (typeof cell === 'string') checkCellLength(cell, limits.cellChars, place)
    if (typeof cell !== 'object' || cell === null) continue
    throw new PalomaError(
      'TABLE_MALFORMED',
      `${source.path}:${source.line}: column ${column} must be text, a number, a boolean or null, got ${kindOf(cell)}`,
    )
  }
  return value as Readonly<Record<string, Cell>>
}

function parseJson(source: TextLine): unknown {
  try {
    return JSON.parse(source.text)
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause)
    throw new PalomaError('TABLE_MALFORMED', `${source.path}:${source.line}: not JSON: ${detail}`, {
      hint: 'JSONL holds one whole JSON object on each line',
      cause,
    })
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`
}

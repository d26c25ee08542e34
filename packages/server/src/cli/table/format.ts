import { PalomaError } from '@paloma/core'

export const TABLE_FORMATS = ['csv', 'jsonl', 'parquet'] as const
export type TableFormat = (typeof TABLE_FORMATS)[number]

const ENDINGS: Readonly<Record<string, TableFormat>> = {
  '.csv': 'csv',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.parquet': 'parquet',
}

/** Format and compression that a path's ending names, e.g. `past.csv.gz`; an explicit format wins over the ending. */
export function tableFormat(
  path: string,
  explicit?: TableFormat,
): { readonly format: TableFormat; readonly isGzip: boolean } {
  const lower = path.toLowerCase()
  const isGzip = lower.endsWith('.gz')
  const bare = isGzip ? lower.slice(0, -3) : lower
  const ending = Object.keys(ENDINGS).find((candidate) => bare.endsWith(candidate))
  const format = explicit ?? (ending === undefined ? undefined : ENDINGS[ending])
  if (format === undefined) {
    throw new PalomaError('TABLE_FORMAT_UNKNOWN', `${path}: the ending must name a format, got none that is known`, {
      hint: `use ${Object.keys(ENDINGS).join(', ')}, each also with .gz, or say the format`,
    })
  }
  return { format, isGzip }
}

/** Whether a text ends as the path of a table does. */
export function isTablePath(text: string): boolean {
  const lower = text.toLowerCase()
  const bare = lower.endsWith('.gz') ? lower.slice(0, -3) : lower
  return Object.keys(ENDINGS).some((ending) => bare.endsWith(ending))
}

import { setImmediate as othersTurn } from 'node:timers/promises'
import { PalomaError } from '@paloma/core/domain'
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { type ColumnSource, fileWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer'
import type { LogColumn } from './columns.ts'

/** How records of one kind lie in a file. */
export interface PartKind<T> {
  /** Rows encoded together: so many that readers find few groups, so few that nobody waits long for their end. */
  readonly groupRows: number
  readonly columns: (objectives: readonly string[]) => readonly LogColumn<T>[]
  readonly objectivesOf: (record: T) => readonly string[]
  readonly timeOf: (record: T) => number
}

export interface PartSummary {
  readonly rows: number
  readonly minTime: number | null
  readonly maxTime: number | null
}

interface OpenPart<T> {
  readonly path: string
  readonly objectives: readonly string[]
  append(records: readonly T[]): Promise<void>
  finish(): Promise<void>
}

/**
 * Writes records to a Parquet file, one row group at a time, with a column per objective that occurs. When an objective
 * first occurs later than in the first group, what was written so far is copied into a file with the wider schema.
 */
export async function writePart<T>(
  path: string,
  batches: AsyncIterable<readonly T[]>,
  kind: PartKind<T>,
): Promise<{ readonly file: string; readonly summary: PartSummary }> {
  let part: OpenPart<T> | undefined
  let summary: PartSummary = { rows: 0, minTime: null, maxTime: null }
  for await (const group of inGroups(batches, kind.groupRows)) {
    part = await withObjectives(part, { path, kind, needed: new Set(group.flatMap((r) => kind.objectivesOf(r))) })
    await part.append(group)
    summary = extend(summary, group.map(kind.timeOf))
  }
  part ??= openPart(path, kind, [])
  await part.finish()
  return { file: part.path, summary }
}

/** The records of a part, one row group at a time, exactly as they were written. */
export async function* readPart<T>(path: string): AsyncGenerator<readonly T[], void> {
  for await (const rows of readColumn(path, 'record')) yield rows.map((text) => JSON.parse(text) as T)
}

/** How many rows of a part belong to each of these users, of those who have any; reads only that column. */
export async function countUsers(path: string, users: ReadonlySet<string>): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for await (const ids of readColumn(path, 'userId')) {
    for (const id of ids) if (users.has(id)) counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return counts
}

/** Some columns of a part, one row group at a time, as they lie in the file. */
export async function* readColumns(
  path: string,
  columns: readonly string[],
): AsyncGenerator<readonly Readonly<Record<string, unknown>>[], void> {
  const file = await asyncBufferFromFile(path)
  const metadata = await parquetMetadataAsync(file)
  let rowStart = 0
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows)
    const rows = await parquetReadObjects({ file, metadata, columns: [...columns], rowStart, rowEnd })
    yield rows
    rowStart = rowEnd
  }
}

async function* readColumn(path: string, column: string): AsyncGenerator<readonly string[], void> {
  for await (const rows of readColumns(path, [column])) yield rows.map((row) => textCell(row[column], path, column))
}

/** A cell that must hold text. Throws LOG_CORRUPT. */
export function textCell(cell: unknown, path: string, column: string): string {
  if (typeof cell === 'string') return cell
  throw new PalomaError('LOG_CORRUPT', `${path}: column ${column} must hold text, got ${typeof cell}`)
}

async function* inGroups<T>(
  batches: AsyncIterable<readonly T[]>,
  groupRows: number,
): AsyncGenerator<readonly T[], void> {
  let group: T[] = []
  for await (const batch of batches) {
    for (const record of batch) {
      group.push(record)
      if (group.length < groupRows) continue
      yield group
      group = []
    }
  }
  if (group.length > 0) yield group
}

async function withObjectives<T>(
  part: OpenPart<T> | undefined,
  wanted: { readonly path: string; readonly kind: PartKind<T>; readonly needed: ReadonlySet<string> },
): Promise<OpenPart<T>> {
  const known = part?.objectives ?? []
  if (part !== undefined && [...wanted.needed].every((name) => known.includes(name))) return part
  const objectives = [...new Set([...known, ...wanted.needed])].sort()
  if (part === undefined) return openPart(wanted.path, wanted.kind, objectives)
  await part.finish()
  const wider = openPart(`${wanted.path}.${objectives.length}`, wanted.kind, objectives)
  for await (const records of readPart<T>(part.path)) await wider.append(records)
  return wider
}

function openPart<T>(path: string, kind: PartKind<T>, objectives: readonly string[]): OpenPart<T> {
  const columns = kind.columns(objectives)
  const schema = schemaFromColumnData({ columnData: sources(columns, []) })
  const writer = new ParquetWriter({ writer: fileWriter(path), schema })
  return {
    path,
    objectives,
    append: async (records) => {
      await writer.write({ columnData: sources(columns, records), rowGroupSize: kind.groupRows })
      // Neither the file nor an embedded store makes anybody wait, so that without this nobody else would have a turn.
      await othersTurn()
    },
    finish: async () => {
      await writer.finish()
    },
  }
}

function sources<T>(columns: readonly LogColumn<T>[], records: readonly T[]): ColumnSource[] {
  return columns.map((column) => ({
    name: column.name,
    type: column.type,
    nullable: true,
    offsetIndex: false,
    ...column.encoding,
    data: records.map(column.value),
  }))
}

function extend(summary: PartSummary, times: readonly number[]): PartSummary {
  let { minTime, maxTime } = summary
  for (const time of times) {
    if (minTime === null || time < minTime) minTime = time
    if (maxTime === null || time > maxTime) maxTime = time
  }
  return { rows: summary.rows + times.length, minTime, maxTime }
}

import { join } from 'node:path'
import { DAY_MS, type Decision, type Outcome } from '@paloma/core/domain'
import { createWorld, type WorldOptions } from '@paloma/core/simulation'
import { decisionColumns, type LogColumn, outcomeColumns, parquetLog } from '../../../log/index.ts'
import { type TableColumn, type TableRow, writeTable } from '../../table/index.ts'
import { type LoggedDay, liveLog } from './live-log.ts'
import { LOG_CONFIG, type LogPolicy } from './log-config.ts'
import { makeLogDirectory } from './log-directory.ts'

/** `history`: Parquet by day, as the server exports; the others: one table of decisions and one of outcomes. */
export const LOG_FORMATS = ['history', 'parquet', 'jsonl', 'csv'] as const
export type LogFormat = (typeof LOG_FORMATS)[number]

export interface LogOptions {
  readonly world: WorldOptions
  readonly policy: LogPolicy
  readonly format: LogFormat
  /** Hears after every day. */
  readonly onDay: (day: number) => void
}

export interface WrittenLog {
  readonly decisions: number
  readonly outcomes: number
}

async function* one<T>(records: readonly T[]): AsyncGenerator<readonly T[]> {
  yield records
}

function dayName({ startAt }: WorldOptions, day: number): string {
  return new Date(startAt + day * DAY_MS).toISOString().slice(0, 10)
}

async function writeHistory(dir: string, options: LogOptions): Promise<WrittenLog> {
  const log = parquetLog({ dir })
  let day = 0
  let written: WrittenLog = { decisions: 0, outcomes: 0 }
  for (const { decisions, outcomes } of liveLog(createWorld(options.world), options.policy)) {
    await log.writeDay(dayName(options.world, day), { decisions: one(decisions), outcomes: one(outcomes) })
    written = { decisions: written.decisions + decisions.length, outcomes: written.outcomes + outcomes.length }
    day += 1
    options.onDay(day)
  }
  return written
}

/** The export's columns without the whole record, moments as ISO text. */
function tableOf<T>(columns: readonly LogColumn<T>[]): {
  readonly columns: readonly TableColumn[]
  readonly row: (record: T) => TableRow
} {
  const kept = columns.filter(({ name }) => name !== 'record')
  const kind = (type: LogColumn<T>['type']): TableColumn['kind'] =>
    type === 'BOOLEAN' ? 'boolean' : type === 'DOUBLE' || type === 'INT32' ? 'number' : 'text'
  return {
    columns: kept.map(({ name, type }) => ({ name, kind: kind(type) })),
    row: (record) =>
      Object.fromEntries(
        kept.map(({ name, value }) => {
          const cell = value(record)
          return [name, cell instanceof Date ? cell.toISOString() : cell]
        }),
      ),
  }
}

/** Both tables are written while the world lives once per table: its records need not fit into memory. */
async function writeTables(dir: string, options: LogOptions): Promise<WrittenLog> {
  const objectives = LOG_CONFIG.objectives.map(({ name }) => name)
  const write = async <T>(name: string, columns: readonly LogColumn<T>[], pick: (day: LoggedDay) => readonly T[]) => {
    const table = tableOf(columns)
    const rows = function* (): Generator<readonly TableRow[]> {
      let day = 0
      for (const logged of liveLog(createWorld(options.world), options.policy)) {
        yield pick(logged).map(table.row)
        day += 1
        options.onDay(day)
      }
    }
    return (await writeTable(join(dir, `${name}.${options.format}`), table.columns, rows())).rows
  }
  return {
    decisions: await write<Decision>('decisions', decisionColumns(objectives), (day) => day.decisions),
    outcomes: await write<Outcome>('outcomes', outcomeColumns(objectives), (day) => day.outcomes),
  }
}

/** Writes what a server would have logged of a world into a directory. Throws LOG_UNWRITABLE. */
export async function writeLog(dir: string, options: LogOptions): Promise<WrittenLog> {
  await makeLogDirectory(dir)
  return options.format === 'history' ? writeHistory(dir, options) : writeTables(dir, options)
}

import { access, stat } from 'node:fs/promises'
import { dirname, extname, join } from 'node:path'
import { PalomaError } from '@paloma/core/domain'
import { parquetLog } from '../../../log/index.ts'
import { readTable, type TableRow } from '../../table/index.ts'
import { type LogBuilder, logBuilder } from './build-world-log.ts'
import { decisionOfRow, ofDecision, ofOutcome, outcomeOfRow } from './log-rows.ts'

const TABLES = ['.parquet', '.jsonl', '.jsonl.gz', '.csv', '.csv.gz'] as const

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

async function eachRow(path: string, use: (row: TableRow, place: string) => void): Promise<void> {
  let count = 0
  for await (const batch of readTable(path)) {
    for (const row of batch) {
      count += 1
      use(row, `${path}, row ${count}`)
    }
  }
}

async function readTables(decisions: string, outcomes: string): Promise<LogBuilder> {
  const builder = logBuilder()
  await eachRow(decisions, (row, place) => builder.addDecision(decisionOfRow(row, place)))
  await eachRow(outcomes, (row, place) => builder.addOutcome(outcomeOfRow(row, place)))
  return builder
}

async function readHistory(dir: string): Promise<LogBuilder> {
  const log = parquetLog({ dir })
  const builder = logBuilder()
  for (const day of await log.days()) {
    for (const decision of await log.readDecisions(day)) builder.addDecision(ofDecision(decision))
    for (const outcome of await log.readOutcomes(day)) builder.addOutcome(ofOutcome(outcome))
  }
  return builder
}

async function tableIn(dir: string, name: string): Promise<string | null> {
  for (const ending of TABLES) {
    const path = join(dir, `${name}${ending}`)
    if (await exists(path)) return path
  }
  return null
}

async function readDirectory(dir: string): Promise<LogBuilder> {
  const decisions = await tableIn(dir, 'decisions')
  const outcomes = await tableIn(dir, 'outcomes')
  if (decisions !== null && outcomes !== null) return readTables(decisions, outcomes)
  if (await exists(join(dir, '_manifest.json'))) return readHistory(dir)
  throw new PalomaError('LOG_NOT_FOUND', `${dir}: there is no history and there are no tables decisions and outcomes`, {
    hint: `a history has _manifest.json; tables end in ${TABLES.join(', ')}`,
  })
}

/**
 * Reads a directory with the history or with two tables, or a table of decisions; its outcomes are the file named, or the
 * file called outcomes beside it. Throws LOG_NOT_FOUND, LOG_ROW_INVALID and what reading tables and histories throws.
 */
export async function readLog(path: string, outcomes: string | undefined): Promise<LogBuilder> {
  const found = await stat(path).catch(() => null)
  if (found === null) throw new PalomaError('LOG_NOT_FOUND', `${path}: there is no such file or directory`)
  if (found.isDirectory()) return readDirectory(path)
  const beside = outcomes ?? (await tableIn(dirname(path), 'outcomes'))
  if (beside !== null) return readTables(path, beside)
  throw new PalomaError(
    'USAGE',
    `${path} must come with --outcomes FILE, got none and no outcomes${extname(path)} beside it`,
  )
}

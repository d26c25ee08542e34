import { PalomaError } from '@paloma/core'
import { Command } from 'commander'
import {
  type Connect,
  type Connection,
  type ConnectionFlags,
  withConnection,
  withConnectionFlags,
} from '../connection/index.ts'
import { type Output, processOutput } from '../print/index.ts'
import { progressLine } from '../progress/index.ts'
import { checkedId, unknownDecision } from './explain-command.ts'
import { auditReport, type ReplayReport, replayReport } from './replay-report.ts'

interface ReplayFlags extends ConnectionFlags {
  readonly day?: string
}

/** `paloma replay [DECISION_ID] [--day YYYY-MM-DD]`: computes decisions again from the log and expects the same bits. */
export function replayCommand(connect: Connect, output: Output = processOutput): Command {
  const command = new Command('replay')
    .description('compute decisions again from what was logged, and compare; fails when any differs')
    .argument('[decision]', 'one decision; all of them without it')
    .option('--day <day>', 'those of one UTC day, such as 2026-01-31')
  return withConnectionFlags(command).action(async (id: string | undefined, flags: ReplayFlags) => {
    const day = flags.day === undefined ? undefined : checkedDay(flags.day)
    if (id !== undefined && day !== undefined) {
      throw new PalomaError('USAGE', 'give a decision or --day, not both')
    }
    await withConnection({ connect, output, flags }, (connection) =>
      id === undefined ? replayAll(connection, day, output) : replayOne(connection, checkedId(id)),
    )
  })
}

async function replayOne({ decisions, place }: Connection, id: string): Promise<ReplayReport> {
  const result = await decisions.replay(id)
  if (result === undefined) throw unknownDecision(id, place)
  return replayReport(result)
}

async function replayAll({ decisions }: Connection, day: string | undefined, output: Output): Promise<ReplayReport> {
  const progress = progressLine(output)
  const options = { onProgress: (text: string) => progress.update(text) }
  const audit = await decisions.audit(day === undefined ? options : { ...options, day }).finally(() => progress.done())
  return auditReport(audit, day)
}

function checkedDay(text: string): string {
  const date = new Date(`${text}T00:00:00Z`)
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(date.getTime())
  if (isDay && date.toISOString().startsWith(text)) return text
  throw new PalomaError('USAGE', `--day must be a day such as 2026-01-31, got "${text}"`)
}

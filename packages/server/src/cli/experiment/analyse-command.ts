import { availableParallelism } from 'node:os'
import { readOut } from '@paloma/core'
import { Command, InvalidArgumentError } from 'commander'
import { loadSpec, summariseFiles } from '../../readout/index.ts'
import { type Output, printReport, writeOutputFile } from '../print/index.ts'
import { analyseText } from './analyse-text.ts'
import { readOutPage } from './report/read-out-page.ts'

interface AnalyseFlags {
  readonly spec: string
  readonly assignments: string
  readonly metrics: string
  readonly memory: number
  readonly report?: string
  readonly json?: true
}

const MEMORY_MB = 2048
const LEAST_MEMORY_MB = 64

function megabytes(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= LEAST_MEMORY_MB) return value
  throw new InvalidArgumentError(`expected whole megabytes from ${LEAST_MEMORY_MB} on.`)
}

/** `paloma experiment analyse`: reads an experiment out of two tables; needs neither a store nor a server. */
export function analyseCommand(output: Output, wallClock: () => number): Command {
  return new Command('analyse')
    .description('read an experiment out of tables of assignments and metrics')
    .requiredOption('--spec <file>', 'variants, metrics, roles and rules: .yaml or .json')
    .requiredOption('--assignments <file>', 'who got which variant: .csv, .jsonl (each also .gz) or .parquet')
    .requiredOption('--metrics <file>', 'what followed: one row per user and event, or one per user')
    .option('--memory <mb>', 'how much memory the tables may take; what exceeds it goes to disk', megabytes, MEMORY_MB)
    .option('--report <file>', 'also write an HTML page that needs nothing else')
    .option('--json', 'print one JSON object on stdout')
    .action(async ({ spec: path, assignments, metrics, memory, report, json }: AnalyseFlags) => {
      const spec = { ...(await loadSpec(path)), now: wallClock() }
      const limits = { memoryMb: memory, threads: availableParallelism() }
      const summary = await summariseFiles(spec, { assignments, metrics }, limits)
      const found = readOut(summary, spec.readOut)
      if (report !== undefined) await writeOutputFile(report, readOutPage(found), 'REPORT_UNWRITABLE')
      printReport(output, { data: { ...found, faults: summary.faults }, text: analyseText(found) }, json === true)
    })
}

import { availableParallelism } from 'node:os'
import { PalomaError, readOut } from '@paloma/core'
import { Command, InvalidArgumentError } from 'commander'
import { type FileSpec, loadSpec, type ReadOutFiles, summariseFiles } from '../../readout/index.ts'
import { type Output, printReport, writeOutputFile } from '../print/index.ts'
import { analyseText } from './analyse-text.ts'
import { readOutPage } from './report/read-out-page.ts'

interface AnalyseFlags {
  readonly spec: string
  readonly assignments: string
  readonly metrics: string
  readonly surrogateHistory?: string
  readonly pastExperiments?: string
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
    .option('--surrogate-history <file>', 'with `surrogate` in the spec: past users with their long-term outcome')
    .option('--past-experiments <file>', 'beside it: past effects on the index, and what came')
    .option('--memory <mb>', 'how much memory the tables may take; what exceeds it goes to disk', megabytes, MEMORY_MB)
    .option('--report <file>', 'also write an HTML page that needs nothing else')
    .option('--json', 'print one JSON object on stdout')
    .action(async (flags: AnalyseFlags) => {
      const { spec: path, memory, report, json } = flags
      const spec = { ...(await loadSpec(path)), now: wallClock() }
      const limits = { memoryMb: memory, threads: availableParallelism() }
      const summary = await summariseFiles(spec, filesOf(flags, spec), limits)
      const found = readOut(summary, spec.readOut)
      if (report !== undefined) await writeOutputFile(report, readOutPage(found), 'REPORT_UNWRITABLE')
      printReport(output, { data: { ...found, faults: summary.faults }, text: analyseText(found) }, json === true)
    })
}

/** Throws USAGE where tables of the long term and the spec do not go together. */
function filesOf(flags: AnalyseFlags, { readOut: { surrogate } }: FileSpec): ReadOutFiles {
  const { assignments, metrics, surrogateHistory: history, pastExperiments } = flags
  if ((surrogate === undefined) !== (history === undefined)) {
    throw new PalomaError('USAGE', 'the long term needs both `surrogate` in the spec and --surrogate-history FILE')
  }
  if (pastExperiments !== undefined && history === undefined) {
    throw new PalomaError('USAGE', '--past-experiments needs --surrogate-history FILE beside it')
  }
  return {
    ...{ assignments, metrics },
    ...(history === undefined ? {} : { history }),
    ...(pastExperiments === undefined ? {} : { pastExperiments }),
  }
}

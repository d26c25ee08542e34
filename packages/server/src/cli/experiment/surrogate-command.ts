import { availableParallelism } from 'node:os'
import { calibrateSurrogate } from '@paloma/core'
import { Command } from 'commander'
import { loadPastExperiments } from '../../readout/index.ts'
import { alignTable, type Output, printReport, showNumber } from '../print/index.ts'
import { calibrationTable } from './long-term-tables.ts'

const MEMORY_MB = 512
const LEVEL = 0.95

/** `paloma experiment surrogate`: whether a short-term stand-in for a long-term outcome told the truth in past experiments. */
export function surrogateCommand(output: Output): Command {
  return new Command('surrogate')
    .description('whether effects on a surrogate came true in past experiments: slope, signs, verdict')
    .requiredOption('--past <file>', 'one experiment a row: effects on the index and what came, with standard errors')
    .option('--json', 'print one JSON object on stdout')
    .action(async ({ past, json }: { readonly past: string; readonly json?: true }) => {
      const limits = { memoryMb: MEMORY_MB, threads: availableParallelism() }
      const found = calibrateSurrogate(await loadPastExperiments(past, limits), LEVEL)
      const number = (value: number): string => showNumber(Number(value.toPrecision(3)))
      const share = (value: number): string => `${number(100 * value)} %`
      const { title, note, columns, rows } = calibrationTable(found, { number, share, p: number })
      const text = `${title} (${note}; 95 % intervals)\n${alignTable(columns, rows, columns.length).split('\n').slice(1).join('\n')}`
      printReport(output, { data: found, text }, json === true)
    })
}

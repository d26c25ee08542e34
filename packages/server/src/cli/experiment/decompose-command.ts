import { availableParallelism } from 'node:os'
import { decompose } from '@paloma/core'
import { Command } from 'commander'
import { loadSpec, summariseFiles } from '../../readout/index.ts'
import { type Output, printReport } from '../print/index.ts'
import { decomposeText } from './decompose-text.ts'

interface DecomposeFlags {
  readonly spec: string
  readonly assignments: string
  readonly metrics: string
  readonly json?: true
}

const MEMORY_MB = 2048

/** `paloma experiment decompose`: takes effects apart by segment, funnel and channel, with parts that sum. */
export function decomposeCommand(output: Output, wallClock: () => number): Command {
  return new Command('decompose')
    .description('take effects apart: by segment, by the steps of a funnel, between channels')
    .requiredOption('--spec <file>', 'as for analyse; `segments` and `decompositions` say what is taken apart')
    .requiredOption('--assignments <file>', 'who got which variant')
    .requiredOption('--metrics <file>', 'what followed')
    .option('--json', 'print one JSON object on stdout')
    .action(async ({ spec: path, assignments, metrics, json }: DecomposeFlags) => {
      const spec = { ...(await loadSpec(path)), now: wallClock() }
      const limits = { memoryMb: MEMORY_MB, threads: availableParallelism() }
      const summary = await summariseFiles(spec, { assignments, metrics }, limits)
      const treatments = decompose(summary, spec.readOut, spec.decompositions ?? { funnels: [], channels: [] })
      const data = { experiment: spec.readOut.experiment, control: spec.readOut.control, treatments }
      printReport(output, { data, text: decomposeText(data) }, json === true)
    })
}

import { CONCLUSIONS, type Conclusion, PalomaError } from '@paloma/core'
import type { RampInput } from '@paloma/sdk'
import { Command, InvalidArgumentError, Option } from 'commander'
import { loadDocument } from '../../readout/index.ts'
import {
  type Connect,
  type Connection,
  type ConnectionFlags,
  withConnection,
  withConnectionFlags,
} from '../connection/index.ts'
import { type Output, type Report, requireOutputFolder, writeOutputFile } from '../print/index.ts'
import { createdReport, detailReport, listReport, resultsReport, stepReport } from './experiment-report.ts'
import { readOutPage } from './report/read-out-page.ts'
import { shareOf, weightsOf } from './share-flags.ts'

const UNWRITABLE = 'REPORT_UNWRITABLE'

/** `paloma experiment create | start | ramp | stop | list | show | results`: experiments of a running server. */
export function liveExperimentCommands(connect: Connect, output: Output): readonly Command[] {
  const on = onServer(connect, output)
  return [
    createCommand(on),
    startCommand(on),
    rampCommand(on),
    stopCommand(on),
    listCommand(on),
    showCommand(on),
    resultsCommand(on),
  ]
}

/** Works on the experiments of a server and prints what came out. */
type OnServer = (
  flags: ConnectionFlags,
  work: (experiments: Connection['experiments']) => Promise<Report>,
) => Promise<void>

function onServer(connect: Connect, output: Output): OnServer {
  return (flags, work) => withConnection({ connect, output, flags }, ({ experiments }) => work(experiments))
}

function createCommand(on: OnServer): Command {
  const command = new Command('create')
    .description('write a draft; says what a start would refuse')
    .argument('<file>', 'the design: .yaml or .json')
  return withConnectionFlags(command).action(async (path: string, flags: ConnectionFlags) => {
    const design = await loadDocument(path)
    await on(flags, async (experiments) => createdReport(await experiments.create(design)))
  })
}

function startCommand(on: OnServer): Command {
  const command = new Command('start').description('start a draft').argument('<key>', 'its key')
  return withConnectionFlags(command).action((key: string, flags: ConnectionFlags) =>
    on(flags, async (experiments) => stepReport(await experiments.start(key))),
  )
}

type RampFlags = ConnectionFlags & RampInput

function rampCommand(on: OnServer): Command {
  const command = new Command('ramp')
    .description('change traffic or weights; growing traffic moves nobody between variants')
    .argument('<key>', 'its key')
    .option('--traffic <share>', 'of the buckets it owns, e.g. 25%', usage(shareOf))
    .option('--weights <list>', 'of the variants, e.g. control=20%,new=80%', usage(weightsOf))
  return withConnectionFlags(command).action((key: string, flags: RampFlags) => {
    const { traffic, weights } = flags
    if ((traffic ?? weights) === undefined) {
      throw new PalomaError('USAGE', 'ramp needs --traffic or --weights, got neither')
    }
    const ramp = { ...(traffic === undefined ? {} : { traffic }), ...(weights === undefined ? {} : { weights }) }
    return on(flags, async (experiments) => stepReport(await experiments.ramp(key, ramp)))
  })
}

/** What a parser of a flag throws, said as commander says it. */
function usage<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text)
    } catch (error) {
      if (error instanceof RangeError) throw new InvalidArgumentError(error.message)
      throw error
    }
  }
}

type StopFlags = ConnectionFlags & { readonly decision: Conclusion; readonly reason: string }

function stopCommand(on: OnServer): Command {
  const command = new Command('stop')
    .description('end it for good; its users decide as everybody else from now on')
    .argument('<key>', 'its key')
    .addOption(new Option('--decision <decision>', 'what comes of it').choices([...CONCLUSIONS]).makeOptionMandatory())
    .option('--reason <text>', 'why, for those who come later', '')
  return withConnectionFlags(command).action((key: string, { decision, reason, ...flags }: StopFlags) =>
    on(flags, async (experiments) => stepReport(await experiments.stop(key, { decision, reason }))),
  )
}

function listCommand(on: OnServer): Command {
  return withConnectionFlags(new Command('list').description('all experiments')).action((flags: ConnectionFlags) =>
    on(flags, async (experiments) => listReport(await experiments.list())),
  )
}

function showCommand(on: OnServer): Command {
  const command = new Command('show')
    .description('one experiment: phases, who was exposed, what was done to it')
    .argument('<key>', 'its key')
  return withConnectionFlags(command).action((key: string, flags: ConnectionFlags) =>
    on(flags, async (experiments) => detailReport(await experiments.get(key))),
  )
}

interface ResultsFlags extends ConnectionFlags {
  readonly from: 'live' | 'history'
  readonly report?: string
  readonly heterogeneity?: true
  readonly pastEffects?: true
}

function resultsCommand(on: OnServer): Command {
  const command = new Command('results')
    .description('what the log says of it: quality, decision, effects')
    .argument('<key>', 'its key')
    .addOption(
      new Option('--from <where>', 'the store, or the files of exported days and the store for the rest')
        .choices(['live', 'history'])
        .default('live'),
    )
    .option('--heterogeneity', 'also say whom a treatment moves; takes seconds, beside the decisions of the server')
    .option('--past-effects', "also learn the Bayesian view's prior from own experiments that are over")
    .option('--report <file>', 'also write an HTML page that needs nothing else')
  return withConnectionFlags(command).action((key: string, { from, report, ...flags }: ResultsFlags) =>
    on(flags, async (experiments) => {
      if (report !== undefined) await requireOutputFolder(report, UNWRITABLE)
      const deep = { heterogeneity: flags.heterogeneity === true, pastEffects: flags.pastEffects === true }
      const results = await experiments.results(key, { from, ...deep })
      if (report !== undefined) await writeOutputFile(report, readOutPage(results.readOut), UNWRITABLE)
      return resultsReport(results)
    }),
  )
}

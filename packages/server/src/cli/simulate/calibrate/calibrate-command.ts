import { resolve } from 'node:path'
import { fitWorld, type WorldFit } from '@paloma/core/simulation'
import { Command } from 'commander'
import { type Output, printReport, processOutput } from '../../print/index.ts'
import { progressLine } from '../../progress/index.ts'
import { loadScenario, saveScenario } from '../scenario-file.ts'
import { whole } from '../simulate-options.ts'
import { fitText } from './fit-text.ts'
import { readLog } from './read-log.ts'

interface CalibrateFlags {
  readonly log: string
  readonly outcomes?: string
  readonly base: string
  readonly users: number
  readonly seed: number
  readonly out: string
  readonly json?: true
}

const USERS = 2_000
const MAX_USERS = 100_000

async function calibrate(flags: CalibrateFlags, output: Output): Promise<void> {
  const base = await loadScenario(flags.base)
  const line = progressLine(output)
  line.update(`reading ${flags.log}`)
  const { log, remarks } = (await readLog(flags.log, flags.outcomes)).build(flags.users)
  const onRound = (round: number, rounds: number): void => line.update(`round ${round} of ${rounds}`)
  const found = fitWorld(log, { base, seed: flags.seed, onRound })
  line.done()
  const fit: WorldFit = { ...found, remarks: [...remarks, ...found.remarks] }
  await saveScenario(flags.out, fit.scenario)
  const { scenario, ...told } = fit
  const data = { scenario: scenario.name, out: resolve(flags.out), ...told }
  printReport(output, { data, text: fitText(fit, flags.out) }, flags.json === true)
}

/** `paloma calibrate`: fits a simulated world to a log, says how well, and writes it as a scenario. */
export function calibrateCommand(output: Output = processOutput): Command {
  return new Command('calibrate')
    .description('fit a simulated world to a log of decisions and outcomes, and say how well it fits')
    .requiredOption('--log <path>', 'a history, a directory with tables, or a table of decisions')
    .option('--outcomes <file>', 'the table of outcomes, where --log names one of decisions')
    .option('--base <name|file>', 'scenario for everything that the log cannot tell', 'retail')
    .option('--users <n>', 'at most so many users are looked at', whole('users', 2, MAX_USERS), USERS)
    .option('--seed <n>', 'of the worlds that are compared with the log', whole('seed', 0, 2 ** 31), 1)
    .option('--out <file>', 'where the scenario goes: .json, .yaml or .yml', 'scenario.yaml')
    .option('--json', 'one JSON object on stdout')
    .action((flags: CalibrateFlags) => calibrate(flags, output))
}

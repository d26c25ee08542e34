import { Command } from 'commander'
import type { Connect } from '../connection/index.ts'
import type { Output } from '../print/index.ts'
import { analyseCommand } from './analyse-command.ts'
import { decomposeCommand } from './decompose-command.ts'
import { liveExperimentCommands } from './live-commands.ts'
import { planExperimentCommand } from './plan-command.ts'
import { surrogateCommand } from './surrogate-command.ts'

/** `paloma experiment …`: plan, run and read experiments, from tables or of a running server. */
export function experimentCommand(output: Output, connect: Connect, wallClock: () => number): Command {
  const command = new Command('experiment').description('plan, run and read experiments')
  const all = [
    planExperimentCommand(output, connect),
    ...liveExperimentCommands(connect, output),
    analyseCommand(output, wallClock),
    decomposeCommand(output, wallClock),
    surrogateCommand(output),
  ]
  return all.reduce((whole, each) => whole.addCommand(each), command)
}

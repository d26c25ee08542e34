import { Command } from 'commander'
import type { Output } from '../print/index.ts'
import { analyseCommand } from './analyse-command.ts'
import { decomposeCommand } from './decompose-command.ts'
import { planExperimentCommand } from './plan-command.ts'

/** `paloma experiment …`: plan, run and read experiments; `live` are the commands that need a server. */
export function experimentCommand(output: Output, live: readonly Command[] = []): Command {
  const command = new Command('experiment').description('plan, run and read experiments')
  return [planExperimentCommand(output), ...live, analyseCommand(output), decomposeCommand(output)].reduce(
    (all, each) => all.addCommand(each),
    command,
  )
}

import { Command } from 'commander'
import type { Output } from '../print/index.ts'
import { analyseCommand } from './analyse-command.ts'

/** `paloma experiment …`: plan, run and read experiments. */
export function experimentCommand(output: Output): Command {
  return new Command('experiment').description('plan, run and read experiments').addCommand(analyseCommand(output))
}

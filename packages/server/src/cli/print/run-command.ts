import { PalomaError } from '@paloma/core'
import { type Command, CommanderError } from 'commander'
import { type Output, processOutput } from './output.ts'

const FAILED = 1
const WRONG_USAGE = 2

/** Codes that say that the command was called wrongly: flags, arguments, or variables of the environment. */
const USAGE_CODES: readonly string[] = ['USAGE', 'RUNTIME_INVALID']

/** Runs a command and answers the exit code: 0 done, 1 failed (said on stderr), 2 called wrongly. */
export async function runCommand(
  command: Command,
  args: readonly string[],
  output: Output = processOutput,
): Promise<number> {
  speakThrough(command, output)
  try {
    await command.parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USAGE
    if (!(error instanceof PalomaError)) throw error
    output.note(`${errorText(error)}\n`)
    return USAGE_CODES.includes(error.code) ? WRONG_USAGE : FAILED
  }
}

/** Also for commands inside: added ones inherit neither the output nor that errors are thrown instead of exiting. */
function speakThrough(command: Command, output: Output): void {
  command.exitOverride().configureOutput({ writeOut: output.result, writeErr: output.note })
  for (const inner of command.commands) speakThrough(inner, output)
}

/** An error in two lines: code and message, then the hint. */
export function errorText(error: PalomaError): string {
  const hint = error.hint === undefined ? '' : `\n  hint: ${error.hint}`
  return `error ${error.code}: ${error.message}${hint}`
}

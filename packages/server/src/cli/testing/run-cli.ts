import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../main.ts', import.meta.url))
const LOADER = import.meta.resolve('tsx')

export interface CliOptions {
  readonly cwd: string
  /** Beside PATH and HOME; nothing else of this process's environment is passed on. */
  readonly env?: Readonly<Record<string, string>>
  /** Whether it has a channel to this process. */
  readonly hasChannel?: boolean
}

/** What became of one call of the real command. */
export interface CliResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The words that start the real command from its sources. */
export const CLI_WORDS: readonly string[] = [process.execPath, '--conditions=paloma-source', '--import', LOADER, MAIN]

/** Starts the real command as a process of its own. */
export function startCli(args: readonly string[], { cwd, env = {}, hasChannel = false }: CliOptions): ChildProcess {
  const { PATH = '', HOME = '' } = process.env
  const [node = '', ...words] = CLI_WORDS
  const stdio = ['pipe', 'pipe', 'pipe', hasChannel ? 'ipc' : 'ignore'] as const
  return spawn(node, [...words, ...args], { cwd, env: { PATH, HOME, ...env }, stdio: [...stdio] })
}

/** Runs the real command to its end. */
export function runCli(args: readonly string[], options: CliOptions): Promise<CliResult> {
  return resultOf(startCli(args, options))
}

/** Waits for the end of a process and keeps what it wrote. */
export function resultOf(child: ChildProcess): Promise<CliResult> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })))
}

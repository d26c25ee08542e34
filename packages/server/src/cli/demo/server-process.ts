import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PalomaError } from '@paloma/core/domain'
import type { Config } from '../../config/contract.ts'

/** A Paloma server that was started for the demo. */
export interface DemoServer {
  readonly url: string
  /** An API key with every scope. */
  readonly key: string
  /** Ends it in order; resolves when it is gone. */
  stop(): Promise<void>
  /** Resolves when the server has ended, whoever ended it. */
  readonly ended: Promise<void>
}

export interface ServerOptions {
  readonly config: Config
  /** An empty directory for store, history and configuration. */
  readonly dir: string
  readonly port: number
  /** Where its virtual clock starts, epoch milliseconds. */
  readonly startAt: number
}

/** How a server is started: as a process of its own, or within this one. */
export type StartServer = (options: ServerOptions) => Promise<DemoServer>

const PATIENCE_MS = 60_000
const KEY_LINE = /first API key \(shown once\): (\S+)/
const LISTENS_LINE = /listens on (\S+)/

/** Reads what the server says until it listens and has shown its first key; rejects with PORT_IN_USE or DEMO_SERVER. */
function announced(child: ChildProcess): Promise<{ readonly url: string; readonly key: string }> {
  return new Promise((resolve, reject) => {
    let said = ''
    const timer = setTimeout(() => fail(`did not listen within ${PATIENCE_MS} ms`), PATIENCE_MS)
    const fail = (why: string): void => {
      clearTimeout(timer)
      child.kill('SIGKILL')
      const code = said.includes('error PORT_IN_USE') ? 'PORT_IN_USE' : 'DEMO_SERVER'
      reject(new PalomaError(code, `the demo's server ${why}`, { hint: said.trim() || 'it said nothing' }))
    }
    child.once('close', (code) => fail(`ended with exit code ${code} before it listened`))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const [key, url] = [KEY_LINE.exec(said)?.[1], LISTENS_LINE.exec(said)?.[1]]
      if (key === undefined || url === undefined) return
      clearTimeout(timer)
      resolve({ url, key })
    })
  })
}

/** Starts `paloma serve` of the compiled program `mainFile`, on the embedded store and a virtual clock. */
export function serverProcess(mainFile: string, env: Readonly<Record<string, string | undefined>>): StartServer {
  return async ({ config, dir, port, startAt }) => {
    const configFile = join(dir, 'paloma.config.json')
    await writeFile(configFile, JSON.stringify(config, null, 2))
    const flags = { config: configFile, 'data-dir': join(dir, 'data'), port: String(port) }
    const clock = new Date(startAt).toISOString()
    const args = Object.entries({ ...flags, host: '127.0.0.1', 'virtual-clock': clock })
    const child = spawn(
      process.execPath,
      [mainFile, 'serve', '--stop-with-parent', ...args.flatMap(([name, value]) => [`--${name}`, value])],
      {
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        // The demo has a store and an address of its own, whatever this shell is set up for.
        env: { ...env, DATABASE_URL: '', PALOMA_PUBLIC_URL: '' },
      },
    )
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    const { url, key } = await announced(child)
    return {
      url,
      key,
      ended,
      async stop() {
        child.kill('SIGTERM')
        await ended
      },
    }
  }
}

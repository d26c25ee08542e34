import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const KEY_LINE = /first API key \(shown once\): (\S+)/

/** `paloma serve` as a process of its own, from the sources. */
export interface ServeChild {
  readonly pid: number
  readonly url: string
  /** What it has said so far. */
  said(): string
  /** The key it made, where the store had none. */
  readonly key: string | undefined
  kill(signal: NodeJS.Signals): Promise<void>
  /** The exit code, once it has ended; null after a signal. */
  readonly ended: Promise<number | null>
}

export interface ServeChildOptions {
  /** Directory for the configuration file and, without a database, the store. */
  readonly dir: string
  readonly config: object
  readonly databaseUrl?: string
  /** For telling apart servers that share a directory. */
  readonly name?: string
}

/** Starts a server and waits until it listens; rejects with all it said when it ends before. */
export async function serveChild({ dir, config, databaseUrl, name = 'a' }: ServeChildOptions): Promise<ServeChild> {
  const configFile = join(dir, `paloma-${name}.json`)
  writeFileSync(configFile, JSON.stringify(config))
  const port = await freePort()
  const store = databaseUrl === undefined ? [] : ['--database-url', databaseUrl]
  const args = [
    'serve',
    '--config',
    configFile,
    '--data-dir',
    join(dir, `data-${databaseUrl === undefined ? '' : name}`),
  ]
  const child = spawn(
    process.execPath,
    ['-C', 'paloma-source', '--import', 'tsx', MAIN, ...args, '--port', String(port), ...store],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, DATABASE_URL: '', NODE_OPTIONS: '' } },
  )
  let said = ''
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  await untilListening(child, (text) => {
    said += text
    return said
  })
  return {
    pid: child.pid!,
    url: `http://127.0.0.1:${port}`,
    said: () => said,
    key: KEY_LINE.exec(said)?.[1],
    ended,
    async kill(signal) {
      child.kill(signal)
      await ended
    },
  }
}

function untilListening(child: ChildProcess, hear: (text: string) => string): Promise<void> {
  return new Promise((resolve, reject) => {
    let all = ''
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      all = hear(text)
      if (all.includes('Paloma listens on')) resolve()
    })
    child.once('exit', (code) => reject(new Error(`the server ended with exit code ${code}:\n${all}`)))
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

/** Calls the HTTP API (`GET /v1/…`); answers status and JSON, which is taken for a T. */
export async function call<T = unknown>(
  to: { readonly url: string; readonly key: string },
  request: string,
  body?: unknown,
): Promise<{ readonly status: number; readonly json: T }> {
  const [method = 'GET', path = '/'] = request.split(' ')
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  const response = await fetch(`${to.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${to.key}`, ...type },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, json: (await response.json()) as T }
}

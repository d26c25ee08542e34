import { setTimeout as pause } from 'node:timers/promises'
import { Command, Option } from 'commander'
import { type App, createApp } from '../../app.ts'
import type { Runtime } from '../../config/contract.ts'
import { loadConfig } from '../../config/load-config.ts'
import { type RuntimeFlags, runtimeFrom } from '../../config/runtime.ts'
import { dueJobs, type StopJobs, startJobs } from '../../jobs/start-jobs.ts'
import { SCOPES } from '../../usecases/contract.ts'
import { errorText, type Output, processOutput } from '../print/index.ts'
import { onEndSignals } from './end-signals.ts'
import { listen } from './listen.ts'

interface ServeFlags extends RuntimeFlags {
  readonly config?: string
  readonly stopWithParent?: true
}

/** What closing may take, also when the store has failed. */
const LONGEST_GOODBYE_MS = 10_000
/** How long rounds that are running are waited for: with the goodbye, less than the 30 s that supervisors grant. */
const LONGEST_ROUND_MS = 15_000

/**
 * Ends the process by 0 in bounded time. What is not waited for loses nothing: a round that did not end wrote nothing, or
 * what it wrote stands, and the next start takes it up again; a message that is with its provider counts as unknown.
 */
async function goodbye(app: Pick<App, 'close'>, stopJobs: StopJobs, output: Output): Promise<void> {
  const left = await stopJobs(pause(LONGEST_ROUND_MS, undefined, { ref: false }))
  if (left.length > 0) {
    output.note(
      `stopping without ${left.join(', ')}, which did not end within ${LONGEST_ROUND_MS / 1_000} s. Nothing is lost: ` +
        'the next start takes up what was left, and messages that are with their provider count as unknown\n',
    )
  }
  const closed = app.close().then(
    () => 'closed' as const,
    (error: unknown) => `failed: ${error instanceof Error ? error.message : String(error)}`,
  )
  const end = await Promise.race([closed, pause(LONGEST_GOODBYE_MS, 'did not end in time' as const)])
  if (end !== 'closed') output.note(`closing ${end}\n`)
  process.exit(0)
}

/** Ends by 1 when the store has failed, after those who ask have heard so: a supervisor starts it again. */
function endWhenBroken(app: App, output: Output): void {
  void app.broken.then(async (error) => {
    const end = (): void => {
      output.note(`${errorText(error)}\n`)
      process.exit(1)
    }
    setTimeout(end, LONGEST_GOODBYE_MS)
    await app.close().then(end, end)
  })
}

/** Prints a first key with every scope if there is none yet; it is shown this once. */
async function firstKey(app: App, output: Output): Promise<void> {
  if ((await app.usecases.keys.list()).length > 0) return
  const { secret } = await app.usecases.keys.create('first', SCOPES)
  output.note(`first API key (shown once): ${secret}\n`)
}

/** Where the server really listens (a port of 0 is any), and how it is reached from outside where that differs. */
function readyLine({ http, store }: App, { publicUrl }: Runtime, address: string): string {
  const isSame = publicUrl === address || new URL(publicUrl).port === '0'
  const outside = isSame ? '' : `, from outside at ${publicUrl}`
  const pages = http.hasRoute({ method: 'GET', url: '/console/*' })
    ? 'console at /console/'
    : 'no console (npm run build:console makes it)'
  return `Paloma listens on ${address}${outside} (${store.traits.name}); API at /openapi.json, ${pages}\n`
}

/** `paloma serve`: the HTTP API, delivery and learning in one process, until SIGTERM. */
export function serveCommand(
  env: Readonly<Record<string, string | undefined>>,
  output: Output = processOutput,
): Command {
  return new Command('serve')
    .description('run the server')
    .option('--config <file>', 'configuration; default: paloma.config.{ts,mjs,json} here')
    .option('--data-dir <dir>', 'embedded store and history')
    .option('--database-url <url>', 'PostgreSQL instead of the embedded store')
    .option('--host <host>')
    .option('--port <port>')
    .option('--public-url <url>', 'where this server is reached from outside')
    .option('--virtual-clock <moment>', 'a clock that POST /v1/clock moves')
    .option('--log-level <level>', 'trace, debug, info, warn, error, fatal or silent')
    .addOption(
      new Option(
        '--stop-with-parent',
        'end when the process that started this one does (needs its channel)',
      ).hideHelp(),
    )
    .action(async (flags: ServeFlags) => {
      const config = await loadConfig(flags.config)
      const runtime = runtimeFrom(env, flags)
      const app = await createApp(config, runtime, (line) => output.note(line))
      endWhenBroken(app, output)
      const address = await listen(app.http, runtime).catch(async (error: unknown) => {
        await app.close()
        throw error
      })
      const stopJobs =
        runtime.virtualClock === null
          ? startJobs(dueJobs(app.due, config.learning.everyMinutes * 60_000), app)
          : async () => []
      let isLeaving = false
      const stop = (): void => {
        if (!isLeaving) void goodbye(app, stopJobs, output)
        isLeaving = true
      }
      onEndSignals(stop)
      if (flags.stopWithParent === true) process.once('disconnect', stop)
      await firstKey(app, output)
      output.note(readyLine(app, runtime, address))
    })
}

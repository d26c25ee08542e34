import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { commandsFor } from '../demo/demo-report.ts'
import { summaryText } from '../demo/demo-summary.ts'
import type { DayProgress } from '../demo/live-days.ts'
import { type DemoResult, runDemo } from '../demo/run-demo.ts'
import { type StartServer, serverProcess } from '../demo/server-process.ts'
import { type Output, printReport, processOutput } from '../print/index.ts'
import { progressLine } from '../progress/index.ts'
import { onEndSignals } from './end-signals.ts'

interface DemoFlags {
  readonly users: number
  readonly days: number
  readonly seed: number
  readonly port: number
  readonly report: string
  readonly strangers?: true
  readonly json?: true
  readonly exit?: true
}

/** What the default size is: about two minutes on two cores. */
const USERS = 1_200
const DAYS = 28
const MAX_USERS = 200_000
const MAX_DAYS = 365

function whole(name: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (Number.isInteger(value) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`${name} must be a whole number from ${min} to ${max}, got ${text}`)
  }
}

function dayText({ day, days, decisions, messages, events, stateId }: DayProgress): string {
  const count = (n: number): string => n.toLocaleString('en-US')
  const done = `${count(decisions)} decisions, ${count(messages)} messages, ${count(events)} events`
  return `day ${day} of ${days}: ${done}, policy state ${stateId}`
}

/** What to do next, for a person at the terminal. */
function whereToLook({ server, example }: DemoResult): string {
  const tries = commandsFor(example).map(({ about, command }) => `  # ${about}\n  ${command}`)
  return [
    `  The server still runs at ${server.url} (console: ${server.url}/console/). Try, in another shell:`,
    '',
    `  export PALOMA_URL=${server.url} PALOMA_KEY=${server.key}`,
    ...tries,
    '',
    '  Ctrl-C ends it; its data are removed.',
  ].join('\n')
}

/** Aborts at the first signal to end. */
function interruption(): AbortSignal {
  const controller = new AbortController()
  onEndSignals(() => controller.abort())
  return controller.signal
}

function untilInterrupted({ server }: DemoResult, signal: AbortSignal): Promise<void> {
  const interrupted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  return Promise.race([interrupted, server.ended])
}

/**
 * `paloma demo`: simulated people live through the public API of a server of their own; then the server stays up.
 * With `--json` one object on stdout; with `--exit` the server ends with the run.
 */
export function demoCommand(
  env: Readonly<Record<string, string | undefined>>,
  {
    output = processOutput,
    startServer = serverProcess(fileURLToPath(new URL('../../main.js', import.meta.url)), env),
  }: { readonly output?: Output; readonly startServer?: StartServer } = {},
): Command {
  return new Command('demo')
    .description('watch Paloma decide, deliver, hear what happened and learn, with simulated people')
    .option('--users <n>', 'how many people', whole('users', 1, MAX_USERS), USERS)
    .option('--days <n>', 'how many days they live through', whole('days', 1, MAX_DAYS), DAYS)
    .option('--seed <n>', 'of the simulated people', whole('seed', 0, 2 ** 31), 1)
    .option('--strangers', 'groups of different people, as in a real shop; else each person lives once in every group')
    .option('--port <n>', 'of the server', whole('port', 0, 65_535), 7777)
    .option('--report <file>', 'where the HTML report goes', 'paloma-demo.html')
    .option('--json', 'one JSON object on stdout')
    .option('--exit', 'do not leave the server running')
    .action(async ({ users, days, seed, strangers, port, report, json, exit }: DemoFlags) => {
      const line = progressLine(output)
      const signal = interruption()
      const isOfStrangers = strangers === true
      const result = await runDemo({
        users,
        days,
        seed,
        strangers: isOfStrangers,
        port,
        reportFile: report,
        startServer,
        signal,
        onProgress: line.update,
        onDay: (at) => line.update(dayText(at)),
      })
      line.done()
      const text = summaryText(result.summary, { objectives: result.objectives, strangers: isOfStrangers })
      printReport(output, { data: result.summary, text }, json === true)
      if (exit !== true) {
        output.note(`\n${whereToLook(result)}\n`)
        await untilInterrupted(result, signal)
      }
      await result.stop()
    })
}

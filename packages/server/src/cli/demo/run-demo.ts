import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { groupOf } from '@paloma/core'
import { PalomaError } from '@paloma/core/domain'
import { createClient } from '@paloma/sdk'
import type { Config } from '../../config/contract.ts'
import { requireOutputFolder, writeOutputFile } from '../print/index.ts'
import { createAudience, START_AT } from './audience.ts'
import { demoConfig } from './demo-config.ts'
import { reportData } from './demo-report.ts'
import type { DemoSummary } from './demo-summary.ts'
import { startOnFreePort } from './free-port.ts'
import { type Gateway, startGateway } from './gateway.ts'
import { type DayProgress, introduce, type Lived, liveDays } from './live-days.ts'
import { type Measured, measure } from './measure.ts'
import { type ReportObjective, renderReport } from './report/index.ts'
import type { DemoServer, StartServer } from './server-process.ts'

export interface DemoOptions {
  readonly users: number
  readonly days: number
  readonly seed: number
  /** Groups are of different people, as in a real shop; else every person lives once in each. */
  readonly strangers: boolean
  /** Wanted port of the server; the next free one where it is taken. */
  readonly port: number
  /** Where the HTML report is written. */
  readonly reportFile: string
  readonly startServer: StartServer
  /** Ends the demo before its time. */
  readonly signal?: AbortSignal
  /** Hears in words how far the demo is. */
  readonly onProgress: (text: string) => void
  readonly onDay: (progress: DayProgress) => void
}

/** The finished demo; its server still runs. */
export interface DemoResult {
  readonly summary: DemoSummary
  readonly objectives: readonly ReportObjective[]
  readonly server: Pick<DemoServer, 'url' | 'key' | 'ended'>
  readonly example: Lived['example']
  /** Ends server and gateway, and removes their data. */
  stop(): Promise<void>
}

/** The clock moves a whole day per request, and a replay goes through thousands of decisions. */
const REQUEST_PATIENCE_MS = 600_000

interface Stage {
  readonly gateway: Gateway
  readonly server: DemoServer
  readonly config: Config
  stop(): Promise<void>
}

async function setStage({ port, startServer }: DemoOptions, startAt: number): Promise<Stage> {
  const dir = await mkdtemp(join(tmpdir(), 'paloma-demo-'))
  const secret = `whsec_${randomBytes(24).toString('base64')}`
  const gateway = await startGateway(secret)
  const config = demoConfig({ url: gateway.url, secret })
  const sweep = async (): Promise<void> => {
    await gateway.close()
    await rm(dir, { recursive: true, force: true })
  }
  try {
    const server = await startOnFreePort(port, (free) => startServer({ config, dir, port: free, startAt }))
    const stop = async (): Promise<void> => {
      await server.stop()
      await sweep()
    }
    return { gateway, server, config, stop }
  } catch (error) {
    await sweep()
    throw error
  }
}

function summaryOf(options: DemoOptions, lived: Lived, { comparison, replay }: Measured): DemoSummary {
  const { seed, users, days, reportFile } = options
  const { groups, differences } = comparison
  return { seed, users, days, decisions: lived.decisions, groups, differences, replay, report: resolve(reportFile) }
}

async function perform(options: DemoOptions, stage: Stage): Promise<Omit<DemoResult, 'stop'>> {
  const { server, gateway, config } = stage
  const { objectives, groups, groupSalt } = config
  const audience = createAudience({ ...options, groupOf: (userId) => groupOf(groups, groupSalt, userId) })
  const { url, key } = server
  let now = audience.startAt
  const client = createClient({
    url,
    key,
    timeoutMs: REQUEST_PATIENCE_MS,
    now: () => now,
    fetch: fetchUntil(options.signal),
  })
  options.onProgress(`${options.users} users move in`)
  await introduce(client, audience)
  const lived = await liveDays({
    client,
    audience,
    gateway,
    onMorning: (morning) => {
      now = morning
    },
    onDay: options.onDay,
  })
  const measured = await measure({ ...options, client, audience })
  const summary = summaryOf(options, lived, measured)
  const page = renderReport(reportData(summary, { ...options, lived, measured, objectives }))
  await writeOutputFile(summary.report, page, 'REPORT_UNWRITABLE')
  return { summary, objectives, server, example: lived.example }
}

/** Requests that the end of the demo takes back. */
function fetchUntil(signal?: AbortSignal): typeof fetch {
  if (signal === undefined) return fetch
  return (input, init = {}) => fetch(input, { ...init, signal: AbortSignal.any([signal, init.signal ?? signal]) })
}

/** What `work` answers, unless it is interrupted before. */
async function unlessInterrupted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return work
  const interrupted = new Promise<never>((_, reject) => {
    const stop = (): void =>
      reject(new PalomaError('DEMO_INTERRUPTED', 'the demo was interrupted; its data are removed'))
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
  })
  return Promise.race([work, interrupted])
}

/**
 * The main job from end to end: a server on the embedded store, an audience that lives through its public API on a
 * virtual clock, and what came of it, read from the server's log. The same users, days and seed give the same report.
 *
 * @throws PalomaError REPORT_UNWRITABLE at once where the report cannot go; DEMO_INTERRUPTED when `signal` aborts; nothing runs and nothing lies about then
 */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  await requireOutputFolder(options.reportFile, 'REPORT_UNWRITABLE')
  options.onProgress('the server starts')
  const stage = await setStage(options, START_AT)
  try {
    return { ...(await unlessInterrupted(perform(options, stage), options.signal)), stop: stage.stop }
  } catch (error) {
    await stage.stop()
    throw error
  }
}

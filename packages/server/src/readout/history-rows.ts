import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Channel, DecisionId, EpochMs, Exposure, Outcome, UserId } from '@paloma/core'
import { type Analytics, type AnalyticsLimits, openAnalytics, type SqlValue } from './duckdb.ts'
import { literal } from './sql.ts'

/** Where an experiment's rows lie: files of past days, and exposures that are not in them. */
export interface HistorySource {
  readonly key: string
  readonly exposures: readonly string[]
  readonly outcomes: readonly string[]
  /** Of the days without files, page by page. */
  readonly live: AsyncIterable<readonly Exposure[]>
}

/** An experiment's rows out of files of any size. */
export interface HistoryRows {
  /** First exposures of each user and slot, in order of both. */
  exposures(): AsyncIterable<readonly Exposure[]>
  /** What exposed users did on the days with files, machines left out; in order of user, moment and id. */
  outcomes(span: { readonly beforeMs: number; readonly until: EpochMs }): AsyncIterable<readonly Outcome[]>
}

/** Lets `read` read an experiment out of Parquet files with DuckDB, within a bound of memory. */
export async function withHistoryRows<T>(
  source: HistorySource,
  limits: AnalyticsLimits,
  read: (rows: HistoryRows) => Promise<T>,
): Promise<T> {
  const analytics = await openAnalytics(limits)
  const folder = await mkdtemp(join(tmpdir(), 'paloma-history-'))
  try {
    const live = join(folder, 'live.csv')
    await writeLive(live, source.live)
    await analytics.run(exposureTable(source, live))
    return await read({
      exposures: () => exposurePages(analytics),
      outcomes: (span) => outcomePages(analytics, source, span),
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
    await analytics.close()
  }
}

const HEADER = 'userId,slot,variant,phase,met,decisionId,cluster,tenureDays,reachable'

/** A row per variant that a user met in days without files; only the first of them has its own moment. */
async function writeLive(path: string, pages: AsyncIterable<readonly Exposure[]>): Promise<void> {
  const lines = async function* (): AsyncGenerator<string, void> {
    yield `${HEADER}\n`
    for await (const page of pages) {
      yield page.flatMap((exposure) => liveLines(exposure)).join('')
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(path))
}

function liveLines(exposure: Exposure): readonly string[] {
  const { userId, slot, variants, variant, phase, at, decisionId, clusters = [], known } = exposure
  const ofUser = [known?.tenureDays ?? '', known === undefined ? '' : quoted(known.reachable.join(','))]
  return [variant, ...variants.filter((each) => each !== variant)].map((each, i) => {
    const cluster = quoted(clusters[variants.indexOf(each)] ?? '')
    const own = [phase, at + (i === 0 ? 0 : 1), quoted(decisionId), cluster]
    return `${[quoted(userId), slot ?? NO_SLOT, quoted(each), ...own, ...ofUser].join(',')}\n`
  })
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}

const NO_SLOT = -1
/** Between the names of variants: nobody's name has it. */
const SEPARATOR = '\u001f'

/** Files of earlier versions have no such columns. */
const NO_SUCH_YET =
  'SELECT CAST(NULL AS VARCHAR) AS cluster, CAST(NULL AS DOUBLE) AS tenureDays, CAST(NULL AS VARCHAR) AS reachable WHERE false'

function clustersIn(text: string): Pick<Exposure, 'clusters'> {
  const clusters = text.split(SEPARATOR)
  return clusters.every((cluster) => cluster === '') ? {} : { clusters }
}

/** Null in files of earlier versions. */
function knownIn(tenureDays: SqlValue | undefined, reachable: SqlValue | undefined): Pick<Exposure, 'known'> {
  if (typeof tenureDays !== 'number' || typeof reachable !== 'string') return {}
  const channels: readonly string[] = reachable === '' ? [] : reachable.split(',')
  return { known: { tenureDays, reachable: channels as readonly Channel[] } }
}

function filesOf(paths: readonly string[]): string {
  return `read_parquet([${paths.map(literal).join(', ')}], union_by_name = true)`
}

function exposureTable({ key, exposures }: HistorySource, live: string): string {
  const past =
    exposures.length === 0
      ? ''
      : `SELECT userId, coalesce(CAST(slot AS BIGINT), ${NO_SLOT}) AS slot, variant, phase, epoch_ms(timestamp) AS met, decisionId,
           coalesce(cluster, '') AS cluster, tenureDays, reachable
         FROM (${NO_SUCH_YET} UNION ALL BY NAME SELECT * FROM ${filesOf(exposures)}) WHERE experiment = ${literal(key)} UNION ALL `
  const present = `SELECT userId, CAST(slot AS BIGINT) AS slot, variant, CAST(phase AS INTEGER) AS phase, CAST(met AS BIGINT) AS met, decisionId,
      coalesce(cluster, '') AS cluster, CAST(tenureDays AS DOUBLE) AS tenureDays,
      CASE WHEN tenureDays IS NOT NULL THEN coalesce(reachable, '') END AS reachable
    FROM read_csv(${literal(live)}, header = true, all_varchar = true)`
  return `CREATE TEMP TABLE first AS
    SELECT userId, slot, string_agg(variant, chr(31) ORDER BY variant) AS variants,
      string_agg(cluster, chr(31) ORDER BY variant) AS clusters, min(met) AS met,
      arg_min(variant, (met, variant)) AS variant, arg_min(phase, (met, variant)) AS phase,
      arg_min(decisionId, (met, variant)) AS decisionId, arg_min(known, (met, variant)) AS known
    FROM (SELECT userId, slot, variant, min(met) AS met, arg_min(phase, met) AS phase, arg_min(decisionId, met) AS decisionId,
        arg_min(cluster, met) AS cluster, arg_min({'tenureDays': tenureDays, 'reachable': reachable}, met) AS known FROM (${past}${present}) GROUP BY userId, slot, variant)
    GROUP BY userId, slot`
}

async function* exposurePages(analytics: Analytics): AsyncGenerator<readonly Exposure[], void> {
  const rows = analytics.pages(
    `SELECT userId, slot, variants, met, variant, phase, decisionId, clusters, known.tenureDays, known.reachable
     FROM first ORDER BY userId, slot`,
  )
  for await (const page of rows) {
    yield page.map(([userId, slot, variants, at, variant, phase, decisionId, clusters, tenureDays, reachable]) => ({
      userId: String(userId) as UserId,
      slot: Number(slot) === NO_SLOT ? null : Number(slot),
      variants: String(variants).split(SEPARATOR),
      at: Number(at),
      variant: String(variant),
      phase: Number(phase),
      decisionId: String(decisionId) as DecisionId,
      ...clustersIn(String(clusters)),
      ...knownIn(tenureDays, reachable),
    }))
  }
}

async function* outcomePages(
  analytics: Analytics,
  { outcomes }: HistorySource,
  { beforeMs, until }: { readonly beforeMs: number; readonly until: EpochMs },
): AsyncGenerator<readonly Outcome[], void> {
  if (outcomes.length === 0) return
  const at = 'epoch_ms(o.timestamp)'
  const rows =
    analytics.pages(`SELECT o.record FROM (SELECT userId, timestamp, messageId, isMachine, record FROM ${filesOf(outcomes)}) o
    JOIN (SELECT userId, min(met) AS met FROM first GROUP BY userId) e ON o.userId = e.userId
    WHERE NOT o.isMachine AND ${at} >= e.met - ${beforeMs} AND ${at} <= ${until} ORDER BY o.userId, ${at}, o.messageId`)
  for await (const page of rows) yield page.map(([record]) => JSON.parse(String(record)) as Outcome)
}

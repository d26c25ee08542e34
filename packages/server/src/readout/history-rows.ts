import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { DecisionId, EpochMs, Exposure, Outcome, UserId } from '@paloma/core'
import { type Analytics, type AnalyticsLimits, openAnalytics } from './duckdb.ts'
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

const HEADER = 'userId,slot,variant,phase,met,decisionId,cluster'

/** A row per variant that a user met in days without files; only the first of them has its own moment. */
async function writeLive(path: string, pages: AsyncIterable<readonly Exposure[]>): Promise<void> {
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
  const lines = async function* (): AsyncGenerator<string, void> {
    yield `${HEADER}\n`
    for await (const page of pages) {
      yield page
        .flatMap(({ userId, slot, variants, variant, phase, at, decisionId, clusters = [] }) =>
          [variant, ...variants.filter((each) => each !== variant)].map(
            (each, i) =>
              `${quoted(userId)},${slot ?? NO_SLOT},${quoted(each)},${phase},${at + (i === 0 ? 0 : 1)},${quoted(decisionId)},${quoted(clusters[variants.indexOf(each)] ?? '')}\n`,
          ),
        )
        .join('')
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(path))
}

const NO_SLOT = -1
/** Between the names of variants: nobody's name has it. */
const SEPARATOR = '\u001f'

/** Files of earlier versions have no such column. */
const NO_CLUSTER_YET = 'SELECT CAST(NULL AS VARCHAR) AS cluster WHERE false'

function clustersIn(text: string): Pick<Exposure, 'clusters'> {
  const clusters = text.split(SEPARATOR)
  return clusters.every((cluster) => cluster === '') ? {} : { clusters }
}

function filesOf(paths: readonly string[]): string {
  return `read_parquet([${paths.map(literal).join(', ')}], union_by_name = true)`
}

function exposureTable({ key, exposures }: HistorySource, live: string): string {
  const past =
    exposures.length === 0
      ? ''
      : `SELECT userId, coalesce(CAST(slot AS BIGINT), ${NO_SLOT}) AS slot, variant, phase, epoch_ms(timestamp) AS met, decisionId,
           coalesce(cluster, '') AS cluster
         FROM (${NO_CLUSTER_YET} UNION ALL BY NAME SELECT * FROM ${filesOf(exposures)}) WHERE experiment = ${literal(key)} UNION ALL `
  const present = `SELECT userId, CAST(slot AS BIGINT) AS slot, variant, CAST(phase AS INTEGER) AS phase, CAST(met AS BIGINT) AS met, decisionId,
      coalesce(cluster, '') AS cluster
    FROM read_csv(${literal(live)}, header = true, all_varchar = true)`
  return `CREATE TEMP TABLE first AS
    SELECT userId, slot, string_agg(variant, chr(31) ORDER BY variant) AS variants,
      string_agg(cluster, chr(31) ORDER BY variant) AS clusters, min(met) AS met,
      arg_min(variant, (met, variant)) AS variant, arg_min(phase, (met, variant)) AS phase,
      arg_min(decisionId, (met, variant)) AS decisionId
    FROM (SELECT userId, slot, variant, min(met) AS met, arg_min(phase, met) AS phase, arg_min(decisionId, met) AS decisionId,
        arg_min(cluster, met) AS cluster FROM (${past}${present}) GROUP BY userId, slot, variant)
    GROUP BY userId, slot`
}

async function* exposurePages(analytics: Analytics): AsyncGenerator<readonly Exposure[], void> {
  const rows = analytics.pages(
    'SELECT userId, slot, variants, met, variant, phase, decisionId, clusters FROM first ORDER BY userId, slot',
  )
  for await (const page of rows) {
    yield page.map(([userId, slot, variants, at, variant, phase, decisionId, clusters]) => ({
      userId: String(userId) as UserId,
      slot: Number(slot) === NO_SLOT ? null : Number(slot),
      variants: String(variants).split(SEPARATOR),
      at: Number(at),
      variant: String(variant),
      phase: Number(phase),
      decisionId: String(decisionId) as DecisionId,
      ...clustersIn(String(clusters)),
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

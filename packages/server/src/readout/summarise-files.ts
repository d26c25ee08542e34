import {
  type ExperimentSummary,
  type JointSummary,
  LEAST_CLUSTERS_FOR_LOOKS,
  type MetricSummary,
  type OrderStatistics,
  type SegmentCell,
  type SummaryCell,
  type VariantCell,
  type VectorColumns,
} from '@paloma/core'
import { adaptiveLooks, withAdaptiveMoments } from './adaptive-phases.ts'
import { cappingLimits } from './capping.ts'
import { type ClusterMomentsRow, clusterVector, queryClusterLooks, queryClusterMoments } from './cluster-moments.ts'
import type { FileSpec } from './contract.ts'
import { type Analytics, type AnalyticsLimits, openAnalytics } from './duckdb.ts'
import { hasPhase, readExposures, segmentColumn, segmentsAsked } from './exposure.ts'
import { readFacts } from './facts.ts'
import { incompleteCovariates } from './incomplete-covariates.ts'
import { dailyVector, joinVectors, receiptVector } from './joint-vector.ts'
import { countLeftOut } from './left-out.ts'
import { type MetricVector, metricVectors, type VectorScene } from './metric-vector.ts'
import { type MomentsQuery, queryMoments } from './moments-query.ts'
import { orderStatistics } from './order-statistics.ts'
import { readPastExperiments } from './past-experiments.ts'
import { readPastUsers } from './past-users.ts'
import { isAdaptive } from './propensity.ts'
import { readSingleUsers } from './single-users.ts'
import { isSkewnessNeeded } from './skewness-needed.ts'
import { openSource } from './source.ts'
import { withoutRepeats } from './without-repeats.ts'

/** Where the tables lie. */
export interface ReadOutFiles {
  readonly assignments: string
  readonly metrics: string
  /** Past users with their long-term outcome, and past experiments, where the long term is asked for. */
  readonly history?: string
  readonly pastExperiments?: string
}

/**
 * Everything a read-out needs of two tables of any size, computed by DuckDB within a bound of memory. Throws a
 * PalomaError that names file, column and value for data that cannot be read; what is merely doubtful is counted.
 */
export async function summariseFiles(
  spec: FileSpec,
  files: ReadOutFiles,
  limits: AnalyticsLimits,
): Promise<ExperimentSummary> {
  const analytics = await openAnalytics(limits)
  try {
    const exposures = await readExposures(analytics, await openSource(analytics, files.assignments), spec)
    const facts = await readFacts(analytics, await openSource(analytics, files.metrics), { spec, exposures })
    const summary = await summarise(analytics, { spec, exposures, facts })
    return { ...summary, ...(await readLongTerm(analytics, files, { spec, exposures })) }
  } finally {
    await analytics.close()
  }
}

/** What is known of the long term, where the spec asks for it. */
async function readLongTerm(
  analytics: Analytics,
  { history, pastExperiments }: ReadOutFiles,
  { spec, exposures }: Pick<VectorScene, 'spec' | 'exposures'>,
): Promise<Pick<ExperimentSummary, 'past' | 'pastExperiments'>> {
  const { surrogate } = spec.readOut
  if (surrogate === undefined || history === undefined) return {}
  return {
    past: await readPastUsers(analytics, history, { surrogate, exposures }),
    ...(pastExperiments === undefined
      ? {}
      : { pastExperiments: await readPastExperiments(analytics, pastExperiments) }),
  }
}

type Parts = Pick<VectorScene, 'spec' | 'exposures' | 'facts'>

interface Measured {
  readonly scene: VectorScene
  readonly vectors: readonly MetricVector[]
  readonly rows: readonly ClusterMomentsRow[]
}

async function summarise(analytics: Analytics, parts: Parts): Promise<ExperimentSummary> {
  const measured = await measure(analytics, parts)
  const { scene, vectors, rows } = measured
  const { exposures, facts } = scene
  const segments = await measureSegments(analytics, measured)
  const uncapped = await measureUncapped(analytics, measured)
  const leftOut = await countLeftOut(analytics, scene, measured)
  const beside = await measureBeside(analytics, measured)
  const looks = (await clusterLooks(analytics, measured)) ?? (await looksOfBandit(analytics, measured))
  const matched = rows.reduce((sum, row) => sum + row.matched, 0)
  const ordered: (readonly OrderStatistics[] | undefined)[] = []
  for (const vector of vectors) ordered.push(await orderStatistics(analytics, scene, vector))
  return {
    asOf: facts.asOf,
    exposed: exposures.exposed,
    assigned: exposures.assigned,
    metrics: vectors.map((vector, i) => ({
      metric: vector.metric.name,
      isComplete: !facts.isGrowing || vector.metric.windowSettings !== undefined,
      ...(vector.metric.windowSettings !== undefined && !exposures.hasTime ? { isWindowIgnored: true } : {}),
      columns: columnsOf(scene, vector),
      cells: cellsOf(scene, rows, i),
      ...(looks === null ? {} : { looks: cellsOf(scene, looks, i, [...dimensionsOf(scene), 'day']) }),
      segments: segments.flatMap((segment) => segment(i)),
      leftOut: leftOut[i]!,
      capping: uncapped.get(vector.metric.name) ?? null,
      ...(ordered[i] === undefined ? {} : { quantiles: ordered[i] }),
      ...beside[i],
    })),
    joint: await measureJoint(analytics, measured),
    ...(await readSingleUsers(analytics, measured)),
    faults: {
      ...exposures.faults,
      metricRows: facts.rows,
      metricRowsOfOthers: await rowsOfOthers(analytics, scene, matched),
      repeatedMetricRows: facts.repeatedRows,
      metricRowsFromFuture: facts.rowsFromFuture,
    },
    ...(exposures.clusters === undefined ? {} : { clusters: exposures.clusters }),
    ...(exposures.drawn === undefined ? {} : { drawn: exposures.drawn }),
  }
}

/** Rows about users whom no assignment names; those of one that does not count are not among them. */
async function rowsOfOthers(analytics: Analytics, { exposures, facts }: Parts, matched: number): Promise<number> {
  if (facts.rowsOfOthers !== null) return facts.rowsOfOthers
  if (exposures.users === exposures.faults.users) return Math.max(0, facts.rows - facts.repeatedRows - matched)
  const [row = []] = await analytics.rows(
    `SELECT count(*) FROM ${facts.relation} f ANTI JOIN exposure e ON ${facts.belongs}`,
  )
  return Number(row[0])
}

const NONE_INCOMPLETE: ReadonlySet<string> = new Set()

/** One pass where all is well; another where rows repeat or covariates are missing, which the first one finds out. */
async function measure(
  analytics: Analytics,
  parts: Parts,
  incomplete: ReadonlySet<string> = NONE_INCOMPLETE,
): Promise<Measured> {
  const draft = { ...parts, incomplete }
  const scene: VectorScene = { ...draft, limits: await cappingLimits(analytics, draft) }
  const vectors = metricVectors(scene)
  const rows = await momentsBy(analytics, scene, { vectors, by: dimensionsOf(parts) })
  const users = rows.reduce((sum, row) => sum + row.users, 0)
  if (users > parts.exposures.users) {
    return measure(analytics, { ...parts, facts: await withoutRepeats(analytics, parts.facts) }, incomplete)
  }
  if (incomplete.size === 0 && rows.some(({ gaps }) => gaps.some((gap) => gap > 0))) {
    return measure(analytics, parts, await incompleteCovariates(analytics, scene, vectors))
  }
  return { scene, vectors, rows }
}

/** Moments of users or, where clusters were randomised, of clusters. */
function momentsBy(
  analytics: Analytics,
  scene: VectorScene,
  asked: MomentsQuery,
): Promise<readonly ClusterMomentsRow[]> {
  const { spec, exposures, facts } = scene
  if (spec.readOut.unit !== undefined) return queryClusterMoments(analytics, scene, asked)
  const found = queryMoments(analytics, facts, { withThird: isSkewnessNeeded(spec, exposures), ...asked })
  return isAdaptive(spec) ? found.then((rows) => withAdaptiveMoments(analytics, scene, { ...asked, rows })) : found
}

function columnsOf({ spec }: VectorScene, vector: MetricVector): VectorColumns {
  return (spec.readOut.unit === undefined ? vector : clusterVector(vector)).columns
}

/** What the exposed are told apart by, as far as it is known: columns of `exposure`. */
function dimensionsOf({ spec, exposures }: Parts): readonly string[] {
  const { stratum } = spec.columns.assignments
  // Users of one cluster come on many days, and averages of an adaptive phase do not add up over them.
  const isByDay = exposures.hasTime && spec.readOut.unit?.kind !== 'cluster' && !isAdaptive(spec)
  return [
    'v',
    ...(hasPhase(spec) ? ['phase'] : []),
    ...(stratum === null ? [] : ['stratum']),
    ...(isByDay ? ['day'] : []),
  ]
}

/** Clusters day by day, where there are enough of them to look on the way; null elsewhere. */
async function clusterLooks(
  analytics: Analytics,
  { scene, vectors }: Measured,
): Promise<readonly ClusterMomentsRow[] | null> {
  const { spec, exposures } = scene
  const { clusters = 0 } = exposures.clusters?.faults ?? {}
  if (spec.readOut.unit?.kind !== 'cluster' || !exposures.hasTime || clusters < LEAST_CLUSTERS_FOR_LOOKS) return null
  return queryClusterLooks(analytics, scene, { vectors, by: dimensionsOf(scene) })
}

/** Day by day, where a phase followed the data; null elsewhere. */
async function looksOfBandit(
  analytics: Analytics,
  { scene, vectors }: Measured,
): Promise<readonly ClusterMomentsRow[] | null> {
  if (!isAdaptive(scene.spec) || !scene.exposures.hasTime) return null
  const by = dimensionsOf(scene)
  const rows = await queryMoments(analytics, scene.facts, { vectors, by: [...by, 'day'] })
  return adaptiveLooks(analytics, scene, { vectors, by, rows })
}

function cellsOf(
  scene: Parts,
  rows: readonly ClusterMomentsRow[],
  i: number,
  names: readonly string[] = dimensionsOf(scene),
): readonly SummaryCell[] {
  return rows.map(({ dimensions, moments, clusters }) => {
    const at = (name: string): string | null => {
      const value = dimensions[names.indexOf(name)]
      return value === undefined || value === null ? null : String(value)
    }
    const day = at('day')
    return {
      variant: scene.spec.readOut.variants[Number(at('v'))]!.name,
      phase: at('phase'),
      stratum: at('stratum'),
      day: day === null ? null : Number(day),
      moments: moments[i]!,
      ...(clusters === undefined ? {} : { clusters: clusters[i]! }),
    }
  })
}

/** Per segment a function from metric to its cells. */
async function measureSegments(
  analytics: Analytics,
  { scene, vectors }: Measured,
): Promise<readonly ((metric: number) => readonly SegmentCell[])[]> {
  const { variants } = scene.spec.readOut
  const segments = segmentsAsked(scene.spec.readOut)
  if (segments.length === 0) return []
  const columns = segments.map((_, i) => segmentColumn(i))
  const found: ((metric: number) => readonly SegmentCell[])[] = []
  const ofPhases = hasPhase(scene.spec) ? ['phase'] : []
  for (const [i, column] of columns.entries()) {
    const rows = await momentsBy(analytics, scene, { vectors, by: ['v', column, ...ofPhases] })
    found.push((metric) =>
      rows.map(({ dimensions: [v = null, value = null, phase = null], moments, clusters }) => ({
        segment: segments[i]!,
        value: value === null ? 'not known' : String(value),
        variant: variants[Number(v)]!.name,
        phase: phase === null ? null : String(phase),
        moments: moments[metric]!,
        ...(clusters === undefined ? {} : { clusters: clusters[metric]! }),
      })),
    )
  }
  return found
}

/** The cells of capped metrics before the cap. */
async function measureUncapped(
  analytics: Analytics,
  { scene }: Measured,
): Promise<ReadonlyMap<string, NonNullable<MetricSummary['capping']>>> {
  if (scene.limits.size === 0) return new Map()
  const vectors = metricVectors({ ...scene, limits: new Map() }).filter(({ metric }) => scene.limits.has(metric.name))
  const rows = await momentsBy(analytics, scene, { vectors, by: dimensionsOf(scene) })
  return new Map(
    vectors.map(({ metric }, i) => [
      metric.name,
      { limit: scene.limits.get(metric.name)!, cells: cellsOf(scene, rows, i) },
    ]),
  )
}

/** By metric, each variant's users by day since exposure, and with the receipt of the message. */
async function measureBeside(
  analytics: Analytics,
  { scene, vectors }: Measured,
): Promise<readonly Pick<MetricSummary, 'daily' | 'received'>[]> {
  const { variants, received: name, unit } = scene.spec.readOut
  const isWeighted = scene.spec.columns.assignments.propensity !== null
  const receipt = vectors.find(({ metric }) => metric.name === name)
  const cellsFor = async (vector: MetricVector): Promise<readonly VariantCell[]> => {
    const rows = await queryMoments(analytics, scene.facts, { vectors: [vector], by: ['v'] })
    return rows.map(({ dimensions: [v], moments }) => ({ variant: variants[Number(v)]!.name, moments: moments[0]! }))
  }
  const found: Pick<MetricSummary, 'daily' | 'received'>[] = []
  for (const [i, vector] of vectors.entries()) {
    const { daily } = scene.facts.columns[i]!
    const isAsked = receipt !== undefined && receipt !== vector && unit === undefined && !isWeighted
    const isMean = vector.columns.denominator === null && vector.metric.metricType !== 'quantile'
    found.push({
      ...(daily.length === 0
        ? {}
        : { daily: { days: daily.length, cells: await cellsFor(dailyVector(vector, daily)) } }),
      ...(isAsked && isMean ? { received: await cellsFor(receiptVector(vector, receipt)) } : {}),
    })
  }
  return found
}

/** Metrics whose effects are needed together: those of the utility, of a forecast, of funnels and of channels. */
function jointNames({ readOut, decompositions }: FileSpec): ReadonlySet<string> {
  const { utility, surrogate, channels = [], successTests, metrics } = readOut
  const success = successTests === 'nyholt' ? metrics.filter(({ role }) => role === 'success') : []
  return new Set([
    ...Object.keys(utility?.weights ?? {}),
    ...(surrogate?.metrics ?? []).map(({ metric }) => metric),
    ...channels.flatMap(({ metrics: parts }) => parts),
    ...success.flatMap(({ name, metricType }) => (metricType === 'quantile' ? [] : [name])),
    ...(decompositions?.funnels ?? []).flatMap(({ stages }) => stages),
    ...(decompositions?.channels ?? []).flatMap(({ metrics }) => metrics),
  ])
}

async function measureJoint(analytics: Analytics, { scene, vectors }: Measured): Promise<JointSummary | null> {
  const names = jointNames(scene.spec)
  const asked = vectors.filter(({ metric }) => names.has(metric.name))
  // Sums of clusters say nothing of what a user's numbers have in common.
  if (asked.length === 0 || scene.spec.readOut.unit !== undefined) return null
  const rows = await momentsBy(analytics, scene, {
    vectors: [joinVectors(asked)],
    by: dimensionsOf(scene),
    withThird: false,
  })
  return {
    metrics: asked.map(({ metric, columns }) => ({ metric: metric.name, columns })),
    cells: cellsOf(scene, rows, 0),
  }
}

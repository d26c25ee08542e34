import {
  BUCKETS,
  cohortOf,
  DAY_MS,
  type EpochMs,
  type Experiment,
  mayBeInCohort,
  PalomaError,
  type Phase,
  type ReadOutSpec,
  readablePart,
  type SequentialSettings,
  weightsOfRanges,
} from '@paloma/core'
import type { AlwaysOn } from './always-on.ts'
import {
  type BesideDecision,
  besideDecision,
  NOVELTY_DAYS,
  RECEIVED,
  treatedChannel,
  withheldMessage,
} from './beside-metrics.ts'
import type { ExperimentResults } from './contract.ts'
import { heterogeneityOfLog, type PastOfLog } from './deep-results.ts'
import type { Deps } from './deps.ts'
import { assignments, type LeftOutCounts, measured, otherColumn, phaseName, type Scene } from './experiment-rows.ts'
import { type ResultSource, withRows } from './experiment-sources.ts'
import { dayOf, exportedSince, keptSince } from './kept-since.ts'
import { experimentMetrics } from './live-metrics.ts'
import { preMs, readFrom } from './retention-holds.ts'

/** Where results are read from, and what is asked beside the decision. */
export interface ResultOptions {
  readonly from?: ResultSource
  readonly heterogeneity?: boolean
  readonly past?: PastOfLog
}

type ResultDeps = Pick<Deps, 'store' | 'history' | 'historyRows' | 'config' | 'clock' | 'readOut'>

/**
 * What the log says of an experiment: users from their first exposure on, metrics from their outcomes, up to now, the
 * stop, or the change of weights that left a variant without users. Rejects with EXPERIMENT_UNREADABLE for one that has
 * not started, or whose control had no users.
 */
export async function experimentResults(
  deps: ResultDeps,
  experiment: Experiment,
  options: ResultOptions = {},
): Promise<ExperimentResults> {
  const { from = 'live' } = options
  const { design, layer, phases, end } = experiment
  if (layer === null || phases.length === 0) throw unreadable(design.key, 'it has not started')
  if (design.unit.kind === 'switchback') {
    await stillReadable(deps, experiment, from)
    if (options.heterogeneity === true) throw unreadable(design.key, SLOTS_HAVE_NO_USERS)
    return slotResults(deps, { ...experiment, from, options }, design.unit)
  }
  const part = readablePart(phases)
  const [first] = part.phases
  const { sendsSince } = await stillReadable(deps, experiment, from)
  const { horizon, salt } = design
  const metrics = experimentMetrics(deps.config, design.metrics)
  const until = Math.min(deps.clock.now(), part.until ?? Infinity, end?.at ?? Infinity)
  const ramp = part.cohorts.map(({ phase, weights }) => ({ name: phaseName(phase), weights }))
  return read(deps, options, {
    key: design.key,
    from,
    control: design.control,
    weights: sharesOf(first!),
    phases: part.isReweighted ? ramp : [],
    start: first!.since,
    end: horizon.kind === 'days' ? first!.since + horizon.days * DAY_MS : null,
    until,
    sequential: sequentialOf(horizon),
    metrics,
    beside: besideWhatIsKept(besideDecision(deps.config, metrics, triedBy(design)), sendsSince <= first!.since),
    others: await othersBeside(deps, design.key, { since: first!.since, until }),
    deep: deepOf(options, design.key, metrics),
    ...(design.successTests === undefined ? {} : { successTests: design.successTests }),
    cohortOf: (first) => cohortOf({ layer, salt, phases: part.phases }, first),
    mayCount: (userId) => mayBeInCohort({ layer, phases: part.phases }, userId),
  })
}

/** Rejects with EXPERIMENT_UNREADABLE where some of what a read-out looks at was deleted; answers since when sends are kept. */
async function stillReadable(
  { store, config }: ResultDeps,
  { design, phases }: Pick<Experiment, 'design' | 'phases'>,
  from: ResultSource,
): Promise<{ readonly sendsSince: EpochMs }> {
  const sendsSince = await keptSince(store.registry)
  const since = from === 'history' ? await exportedSince(store.registry) : sendsSince
  if (readFrom(config, { phases }) >= since) return { sendsSince }
  const also = from === 'history' ? '' : '; exported days may reach further back: ask for results from history'
  throw unreadable(design.key, `what happened before ${dayOf(since)} was deleted for its age${also}`)
}

/** Who received a message is known from its sends alone, and they are not exported. */
function besideWhatIsKept(beside: BesideDecision, hasSends: boolean): BesideDecision {
  return hasSends ? beside : { ...beside, message: null }
}

/**
 * The same where slots of time were randomised: what users did from their first exposure in a slot until it ended, summed
 * by slot. Decisions have left the washout out already; nobody is moved, for every slot is drawn anew.
 */
function slotResults(
  deps: ResultDeps,
  { design, phases, end, from, options }: Experiment & { readonly from: ResultSource; readonly options: ResultOptions },
  { slotMinutes, clusterTrait }: Extract<Experiment['design']['unit'], { readonly kind: 'switchback' }>,
): Promise<ExperimentResults> {
  const [first] = phases
  const { horizon } = design
  const ramp = phases.map((phase, i) => ({ name: phaseName(i), weights: sharesOf(phase) }))
  const isReweighted = phases.some(({ ranges }) => JSON.stringify(ranges) !== JSON.stringify(first!.ranges))
  return read(deps, options, {
    ...{ key: design.key, control: design.control, weights: sharesOf(first!), phases: isReweighted ? ramp : [], from },
    start: first!.since,
    end: horizon.kind === 'days' ? first!.since + horizon.days * DAY_MS : null,
    until: Math.min(deps.clock.now(), end?.at ?? Infinity),
    sequential: sequentialOf(horizon),
    metrics: experimentMetrics(deps.config, design.metrics),
    ...{ beside: NOTHING_BESIDE, others: [], deep: deepOf(options, design.key, []) },
    unit: { kind: 'switchback', slotMinutes, washoutMinutes: 0 },
    hasClusters: clusterTrait !== undefined,
    cohortOf: ({ phase }) => phase,
    mayCount: () => true,
  })
}

const SLOTS_HAVE_NO_USERS = 'whom a treatment moves can only be told where users were assigned one by one'

/** Sums of slots say nothing of single users. */
const NOTHING_BESIDE: BesideDecision = { metrics: [], channels: [], message: null }

function triedBy(design: Experiment['design']): Parameters<typeof besideDecision>[2] {
  return { message: withheldMessage(design), treatedChannel: treatedChannel(design) }
}

/** Experiments on users that ran at some time of this one. */
async function othersBeside(
  { store }: ResultDeps,
  key: string,
  { since, until }: { readonly since: EpochMs; readonly until: EpochMs },
): Promise<readonly Experiment[]> {
  const all = await store.experiments.list()
  return all.filter(
    ({ design, layer, phases: [first], end }) =>
      design.key !== key &&
      design.unit.kind === 'user' &&
      layer !== null &&
      first !== undefined &&
      first.since <= until &&
      (end === null || end.at > since),
  )
}

/** The users at whom a decision on what is always on is expected; it has no end. */
const EXPECTED_USERS = 10_000

/** The same of a layer's holdout or of a withheld message: what sending brings, against those who go without. */
export async function alwaysOnResults(
  deps: ResultDeps,
  standing: AlwaysOn & { readonly key: string },
  options: ResultOptions = {},
): Promise<ExperimentResults> {
  const { from = 'live' } = options
  const { key, control, phase, since, until, message } = standing
  const { registry } = deps.store
  const sendsSince = await keptSince(registry)
  const rowsSince = from === 'history' ? await exportedSince(registry) : sendsSince
  // Of earlier exposures what came before them, or soon after, is gone; their users are not exposed anew.
  const firstAt = rowsSince === 0 ? 0 : rowsSince + preMs(deps.config)
  const metrics = experimentMetrics(deps.config, [])
  const beside = besideDecision(deps.config, metrics, { message, treatedChannel: null })
  return read(deps, options, {
    ...{ key, from, control, weights: sharesOf(phase), phases: [], start: since, end: until },
    until: Math.min(deps.clock.now(), until ?? Infinity),
    sequential: { kind: 'confidenceSequence', expectedUsers: EXPECTED_USERS },
    metrics,
    ...{ beside: besideWhatIsKept(beside, sendsSince <= firstAt), others: [], firstAt },
    deep: deepOf(options, key, metrics),
    cohortOf: () => 0,
    mayCount: () => true,
  })
}

/** Rejects with EXPERIMENT_UNREADABLE where no metric is a number of single users. */
function deepOf({ heterogeneity, past }: ResultOptions, key: string, metrics: Scene['metrics']): Scene['deep'] {
  const asked = heterogeneity === true ? heterogeneityOfLog(metrics) : undefined
  if (asked === null)
    throw unreadable(key, 'no metric of it is a mean or a share, of which alone can be told whom it moves')
  return {
    ...(asked === undefined ? {} : { heterogeneity: asked }),
    ...(past === undefined ? {} : { pastEffects: past.effects }),
  }
}

async function read(deps: ResultDeps, { past }: ResultOptions, scene: Scene): Promise<ExperimentResults> {
  const names = Object.keys(scene.weights)
  if (!names.includes(scene.control) || names.length < 2) {
    throw unreadable(scene.key, `its control ${scene.control} and another variant need users, got ${names.join(', ')}`)
  }
  const counts: LeftOutCounts = { moved: 0, outside: 0 }
  const readOut = await withRows(deps, { key: scene.key, from: scene.from }, (rows) =>
    deps.readOut({
      spec: specOf(scene),
      asOf: scene.until,
      hasClusters: scene.hasClusters === true,
      assignments: assignments(rows, scene, counts),
      metrics: measured({ rows, store: deps.store }, scene),
    }),
  )
  const known = past === undefined ? {} : { past: { experiments: past.experiments, unreadable: past.unreadable } }
  return { readOut, until: scene.until, leftOut: { ...counts }, ...known }
}

function unreadable(key: string, reason: string): PalomaError {
  return new PalomaError('EXPERIMENT_UNREADABLE', `experiment ${key} cannot be read out: ${reason}`)
}

function sharesOf({ ranges }: Pick<Phase, 'ranges'>): Readonly<Record<string, number>> {
  const weights = Object.entries(weightsOfRanges(ranges))
  return Object.fromEntries(weights.map(([name, share]) => [name, share / BUCKETS]))
}

function specOf(scene: Scene): ReadOutSpec {
  const { key, control, weights, phases, start, end, sequential, metrics, unit, beside, others, successTests, deep } =
    scene
  const variants = Object.entries(weights).map(([name, weight]) => ({ name, weight }))
  const all = [...metrics, ...beside.metrics]
  const rest = { sequential, skewness: 'corrected', metrics: all, utility: null, segments: [] } as const
  const questions = {
    channels: beside.channels,
    noveltyDays: NOVELTY_DAYS,
    interactions: others.map(({ design }) => ({
      ...{ experiment: design.key, column: otherColumn(design.key), control: design.control },
    })),
    ...(beside.message === null ? {} : { received: RECEIVED }),
    ...(successTests === undefined ? {} : { successTests }),
    ...(unit === undefined ? {} : { unit }),
    ...deep,
  }
  return { experiment: key, variants, control, phases, start, end, ...LEVELS, ...rest, ...questions }
}

/** One-sided levels and power of the decision rule, as everywhere where nothing else is said. */
export const LEVELS = { alpha: 0.05, beta: 0.2, alphaDeterioration: 0.01 } as const

export function sequentialOf(horizon: Experiment['design']['horizon']): SequentialSettings {
  if (horizon.kind === 'open') return { kind: 'confidenceSequence', expectedUsers: horizon.expectedUsers }
  const maxUsers = horizon.kind === 'users' ? horizon.maxUsers : null
  return { kind: 'groupSequential', maxUsers, spending: 'power', looks: 'daily' }
}

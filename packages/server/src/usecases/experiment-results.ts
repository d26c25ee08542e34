import {
  BUCKETS,
  cohortOf,
  DAY_MS,
  type EpochMs,
  type Experiment,
  type ExperimentMetric,
  type Exposure,
  PalomaError,
  type Phase,
  type ReadOutSpec,
  readablePart,
  type SequentialSettings,
  weightsOfRanges,
} from '@paloma/core'
import type { AlwaysOn } from './always-on.ts'
import type { ExperimentResults } from './contract.ts'
import type { Deps } from './deps.ts'
import { columnsOf, experimentMetrics, valueUnder } from './live-metrics.ts'
import type { AssignedUser, MeasuredValue } from './read-out-engine.ts'

type ResultDeps = Pick<Deps, 'store' | 'config' | 'clock' | 'readOut'>

const PAGE_USERS = 2_000
/** Where a metric does not say how long before exposure its adjustment looks. */
const PRE_DAYS = 28

/** Everything that a read-out of the log needs to know. */
interface Scene {
  readonly key: string
  readonly control: string
  /** Planned share by variant, of those with users. */
  readonly weights: Readonly<Record<string, number>>
  readonly phases: ReadOutSpec['phases']
  readonly start: EpochMs | null
  readonly end: EpochMs | null
  readonly until: EpochMs
  readonly sequential: SequentialSettings
  readonly metrics: readonly ExperimentMetric[]
  readonly unit?: ReadOutSpec['unit']
  /** Null: each exposure belongs to the phase in which it took place. */
  readonly cohortOf: ((userId: string) => number | 'moved' | 'outside') | null
}

/**
 * What the log says of an experiment: users from their first exposure on, metrics from their outcomes, up to now, the
 * stop, or the change of weights that left a variant without users. Rejects with EXPERIMENT_UNREADABLE for one that has
 * not started, or whose control had no users.
 */
export async function experimentResults(deps: ResultDeps, experiment: Experiment): Promise<ExperimentResults> {
  const { design, layer, phases, end } = experiment
  if (layer === null || phases.length === 0) throw unreadable(design.key, 'it has not started')
  if (design.unit.kind === 'switchback') return slotResults(deps, experiment, design.unit)
  const part = readablePart(phases)
  const [first] = part.phases
  const { horizon, salt } = design
  const ramp = part.cohorts.map(({ phase, weights }) => ({ name: phaseName(phase), weights }))
  return read(deps, {
    key: design.key,
    control: design.control,
    weights: sharesOf(first!),
    phases: part.isReweighted ? ramp : [],
    start: first!.since,
    end: horizon.kind === 'days' ? first!.since + horizon.days * DAY_MS : null,
    until: Math.min(deps.clock.now(), part.until ?? Infinity, end?.at ?? Infinity),
    sequential: sequentialOf(horizon),
    metrics: experimentMetrics(deps.config, design.metrics),
    cohortOf: (userId) => cohortOf({ layer, salt }, part.phases, userId),
  })
}

/**
 * The same where slots of time were randomised: what users did from their first exposure in a slot until it ended, summed
 * by slot. Decisions have left the washout out already; nobody is moved, for every slot is drawn anew.
 */
function slotResults(
  deps: ResultDeps,
  { design, phases, end }: Experiment,
  { slotMinutes }: Extract<Experiment['design']['unit'], { readonly kind: 'switchback' }>,
): Promise<ExperimentResults> {
  const [first] = phases
  const { horizon } = design
  const ramp = phases.map((phase, i) => ({ name: phaseName(i), weights: sharesOf(phase) }))
  const isReweighted = phases.some(({ ranges }) => JSON.stringify(ranges) !== JSON.stringify(first!.ranges))
  return read(deps, {
    ...{ key: design.key, control: design.control, weights: sharesOf(first!), phases: isReweighted ? ramp : [] },
    start: first!.since,
    end: horizon.kind === 'days' ? first!.since + horizon.days * DAY_MS : null,
    until: Math.min(deps.clock.now(), end?.at ?? Infinity),
    sequential: sequentialOf(horizon),
    metrics: experimentMetrics(deps.config, design.metrics),
    unit: { kind: 'switchback', slotMinutes, washoutMinutes: 0 },
    cohortOf: null,
  })
}

/** The users at whom a decision on what is always on is expected; it has no end. */
const EXPECTED_USERS = 10_000

/** The same of a layer's holdout or of a withheld message: what sending brings, against those who go without. */
export function alwaysOnResults(deps: ResultDeps, key: string, standing: AlwaysOn): Promise<ExperimentResults> {
  const { control, phase, since, until } = standing
  return read(deps, {
    ...{ key, control, weights: sharesOf(phase), phases: [], start: since, end: until },
    until: Math.min(deps.clock.now(), until ?? Infinity),
    sequential: { kind: 'confidenceSequence', expectedUsers: EXPECTED_USERS },
    metrics: experimentMetrics(deps.config, []),
    cohortOf: () => 0,
  })
}

async function read(deps: ResultDeps, scene: Scene): Promise<ExperimentResults> {
  const names = Object.keys(scene.weights)
  if (!names.includes(scene.control) || names.length < 2) {
    throw unreadable(scene.key, `its control ${scene.control} and another variant need users, got ${names.join(', ')}`)
  }
  const counts: LeftOutCounts = { moved: 0, outside: 0 }
  const readOut = await deps.readOut({
    spec: specOf(scene),
    asOf: scene.until,
    assignments: assignments(deps, scene, counts),
    metrics: measured(deps, scene),
  })
  return { readOut, until: scene.until, leftOut: { ...counts } }
}

/** Filled while users are read. */
type LeftOutCounts = Record<'moved' | 'outside', number>

function unreadable(key: string, reason: string): PalomaError {
  return new PalomaError('EXPERIMENT_UNREADABLE', `experiment ${key} cannot be read out: ${reason}`)
}

function sharesOf({ ranges }: Pick<Phase, 'ranges'>): Readonly<Record<string, number>> {
  const weights = Object.entries(weightsOfRanges(ranges))
  return Object.fromEntries(weights.map(([name, share]) => [name, share / BUCKETS]))
}

function specOf(scene: Scene): ReadOutSpec {
  const { key, control, weights, phases, start, end, sequential, metrics, unit } = scene
  const variants = Object.entries(weights).map(([name, weight]) => ({ name, weight }))
  const rest = { sequential, skewness: 'corrected', metrics, utility: null, segments: [] } as const
  const ofClusters = unit === undefined ? {} : { unit }
  return { experiment: key, variants, control, phases, start, end, ...LEVELS, ...rest, ...ofClusters }
}

/** One-sided levels and power of the decision rule, as everywhere where nothing else is said. */
const LEVELS = { alpha: 0.05, beta: 0.2, alphaDeterioration: 0.01 } as const

function phaseName(phase: number): string {
  return `phase ${phase}`
}

function sequentialOf(horizon: Experiment['design']['horizon']): SequentialSettings {
  if (horizon.kind === 'open') return { kind: 'confidenceSequence', expectedUsers: horizon.expectedUsers }
  const maxUsers = horizon.kind === 'users' ? horizon.maxUsers : null
  return { kind: 'groupSequential', maxUsers, spending: 'power', looks: 'daily' }
}

async function* assignments(
  { store }: ResultDeps,
  scene: Scene,
  counts: LeftOutCounts,
): AsyncGenerator<readonly AssignedUser[], void> {
  let page = await store.experiments.exposures(scene.key, null, PAGE_USERS)
  while (page.length > 0) {
    yield page.flatMap((exposure) => rowsOf(exposure, scene, counts))
    page = await store.experiments.exposures(scene.key, page[page.length - 1]!, PAGE_USERS)
  }
}

/** A user who met several variants without having been moved is a fault, which the read-out is told of. */
function rowsOf(
  { userId, variants, variant, at, phase }: Exposure,
  scene: Scene,
  counts: LeftOutCounts,
): readonly AssignedUser[] {
  if (at > scene.until) return []
  const cohort = scene.cohortOf === null ? phase : scene.cohortOf(userId)
  if (typeof cohort !== 'number') {
    counts[cohort] += 1
    return []
  }
  const others = variants.filter((other) => other !== variant)
  return [variant, ...others].map((each) => ({ user: userId, variant: each, time: at, phase: phaseName(cohort) }))
}

async function* measured({ store }: ResultDeps, scene: Scene): AsyncGenerator<readonly MeasuredValue[], void> {
  const days = scene.metrics.map(({ regressionAdjustmentSettings: own }) => own?.days ?? PRE_DAYS)
  const span = { beforeMs: Math.max(...days) * DAY_MS, until: scene.until }
  const columns = [...columnsOf(scene.metrics)]
  for await (const page of store.experiments.outcomes(scene.key, span)) {
    yield page
      .filter(({ userId }) => scene.cohortOf === null || typeof scene.cohortOf(userId) === 'number')
      .flatMap((outcome) =>
        columns.flatMap((metric) => {
          const value = valueUnder(metric, outcome)
          if (value === null) return []
          const { userId: user, at: time, messageId } = outcome
          return [{ user, metric, value, time, id: `${messageId}/${metric}` }]
        }),
      )
  }
}

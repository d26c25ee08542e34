import {
  BUCKETS,
  cohortOf,
  DAY_MS,
  type EpochMs,
  type Experiment,
  type ExperimentMetric,
  type Exposure,
  type LayerPlace,
  PalomaError,
  type ReadablePart,
  type ReadOutSpec,
  readablePart,
  type SequentialSettings,
  weightsOfRanges,
} from '@paloma/core'
import type { ExperimentResults } from './contract.ts'
import type { Deps } from './deps.ts'
import { columnsOf, experimentMetrics, valueUnder } from './live-metrics.ts'
import type { AssignedUser, MeasuredValue } from './read-out-engine.ts'

type ResultDeps = Pick<Deps, 'store' | 'config' | 'clock' | 'readOut'>

const PAGE_USERS = 2_000
/** Where a metric does not say how long before exposure its adjustment looks. */
const PRE_DAYS = 28

/**
 * What the log says of an experiment: users from their first exposure on, metrics from their outcomes, up to now, the
 * stop, or the change of weights that left a variant without users. Rejects with EXPERIMENT_UNREADABLE for one that has
 * not started, or that randomised time.
 */
export async function experimentResults(deps: ResultDeps, experiment: Experiment): Promise<ExperimentResults> {
  const started = startedPart(experiment)
  const part = readablePart(started.phases)
  const until = Math.min(deps.clock.now(), part.until ?? Infinity, experiment.end?.at ?? Infinity)
  const metrics = experimentMetrics(deps.config, experiment.design.metrics)
  const scene: Scene = {
    ...started,
    key: experiment.design.key,
    part,
    metrics,
    until,
    counts: { moved: 0, outside: 0 },
  }
  const readOut = await deps.readOut({
    spec: specOf(experiment, scene),
    asOf: until,
    assignments: assignments(deps, scene),
    metrics: measured(deps, scene),
  })
  return { readOut, until, leftOut: { ...scene.counts } }
}

interface Started {
  readonly layer: LayerPlace
  readonly salt: string
  readonly phases: Experiment['phases']
}

interface Scene extends Started {
  readonly key: string
  readonly part: ReadablePart
  readonly metrics: readonly ExperimentMetric[]
  readonly until: EpochMs
  /** Filled while users are read. */
  readonly counts: Record<'moved' | 'outside', number>
}

function startedPart({ design, layer, phases }: Experiment): Started {
  if (layer === null || phases.length === 0) throw unreadable(design.key, 'it has not started')
  if (design.unit.kind === 'user') return { layer, salt: design.salt, phases }
  throw unreadable(design.key, 'it randomised slots of time, whose errors are not independent between users')
}

function unreadable(key: string, reason: string): PalomaError {
  return new PalomaError('EXPERIMENT_UNREADABLE', `experiment ${key} cannot be read out: ${reason}`)
}

function specOf({ design }: Experiment, { part, metrics }: Scene): ReadOutSpec {
  const [first] = part.phases
  const weights = weightsOfRanges(first!.ranges)
  const start = first!.since
  const { horizon } = design
  return {
    experiment: design.key,
    variants: Object.entries(weights).map(([name, share]) => ({ name, weight: share / BUCKETS })),
    control: design.control,
    phases: part.isReweighted
      ? part.cohorts.map(({ phase, weights: own }) => ({ name: phaseName(phase), weights: own }))
      : [],
    start,
    end: horizon.kind === 'days' ? start + horizon.days * DAY_MS : null,
    ...LEVELS,
    sequential: sequentialOf(design.horizon),
    metrics,
    utility: null,
    segments: [],
  }
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

async function* assignments({ store }: ResultDeps, scene: Scene): AsyncGenerator<readonly AssignedUser[], void> {
  let page = await store.experiments.exposures(scene.key, null, PAGE_USERS)
  while (page.length > 0) {
    yield page.flatMap((exposure) => rowsOf(exposure, scene))
    page = await store.experiments.exposures(scene.key, page[page.length - 1]!, PAGE_USERS)
  }
}

/** A user who met several variants without having been moved is a fault, which the read-out is told of. */
function rowsOf({ userId, variants, variant, at }: Exposure, scene: Scene): readonly AssignedUser[] {
  if (at > scene.until) return []
  const cohort = cohortOf(scene, scene.part.phases, userId)
  if (typeof cohort !== 'number') {
    scene.counts[cohort] += 1
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
      .filter(({ userId }) => typeof cohortOf(scene, scene.part.phases, userId) === 'number')
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

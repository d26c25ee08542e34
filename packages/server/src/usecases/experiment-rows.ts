import {
  DAY_MS,
  type EpochMs,
  type Experiment,
  type ExperimentMetric,
  type Exposure,
  hashedVariant,
  PRE_DAYS,
  type ReadOutSpec,
  type SequentialSettings,
} from '@paloma/core'
import { type BesideDecision, sentColumn } from './beside-metrics.ts'
import type { Deps } from './deps.ts'
import type { ResultSource } from './experiment-sources.ts'
import { columnsOf, valueUnder } from './live-metrics.ts'
import type { AssignedUser, ExperimentRows, MeasuredValue } from './read-out-engine.ts'

/** Everything that a read-out of the log needs to know. */
export interface Scene {
  readonly key: string
  readonly from: ResultSource
  readonly control: string
  /** Planned share by variant, of those with users. */
  readonly weights: Readonly<Record<string, number>>
  readonly phases: ReadOutSpec['phases']
  readonly start: EpochMs | null
  readonly end: EpochMs | null
  readonly until: EpochMs
  readonly sequential: SequentialSettings
  readonly metrics: readonly ExperimentMetric[]
  readonly beside: BesideDecision
  /** Experiments whose variants may cut across this one's. */
  readonly others: readonly Experiment[]
  readonly successTests?: ReadOutSpec['successTests']
  /** What was asked beside the decision. */
  readonly deep: Pick<ReadOutSpec, 'heterogeneity' | 'pastEffects'>
  readonly unit?: ReadOutSpec['unit']
  /** Slots of time are those of clusters. */
  readonly hasClusters?: boolean
  /** Users who were exposed before are left out: some of what they did was deleted. */
  readonly firstAt?: EpochMs
  readonly cohortOf: (first: Pick<Exposure, 'userId' | 'phase'>) => number | 'moved' | 'outside'
  /** Whose outcomes may count at all. */
  readonly mayCount: (userId: string) => boolean
}

/** Filled while users are read. */
export type LeftOutCounts = Record<'moved' | 'outside', number>

/** The name of a phase in a read-out. */
export function phaseName(phase: number): string {
  return `phase ${phase}`
}

/** The column with the users' variants in another experiment. */
export function otherColumn(key: string): string {
  return `in ${key}`
}

/** Who was exposed, page by page; counts whom the ramp leaves out. */
export async function* assignments(
  rows: ExperimentRows,
  scene: Scene,
  counts: LeftOutCounts,
): AsyncGenerator<readonly AssignedUser[], void> {
  for await (const page of rows.exposures()) yield page.flatMap((exposure) => rowsOf(exposure, scene, counts))
}

/** A user who met several variants without having been moved is a fault, which the read-out is told of. */
function rowsOf(
  { userId, variants, variant, at, phase, clusters, known }: Exposure,
  scene: Scene,
  counts: LeftOutCounts,
): readonly AssignedUser[] {
  if (at > scene.until) return []
  if (at < (scene.firstAt ?? 0)) {
    counts.outside += 1
    return []
  }
  const cohort = scene.cohortOf({ userId, phase })
  if (typeof cohort !== 'number') {
    counts[cohort] += 1
    return []
  }
  const others = scene.others.map((other) => [otherColumn(other.design.key), variantBeside(other, userId, at)] as const)
  const row = {
    user: userId,
    time: at,
    phase: phaseName(cohort),
    others: Object.fromEntries(others),
    ...knownOf(known),
  }
  return [variant, ...variants.filter((each) => each !== variant)].map((each) => ({
    ...{ ...row, variant: each },
    ...(clusters === undefined ? {} : { cluster: clusters[variants.indexOf(each)]! }),
  }))
}

/** As covariates; none where it was not noted. */
export function knownOf(known: Exposure['known']): Pick<AssignedUser, 'known'> {
  if (known === undefined) return {}
  const { tenureDays, reachable } = known
  return { known: { tenureDays, reachableChannels: reachable.length } }
}

/** By the hash alone: who met the other experiment may depend on what this one did. */
function variantBeside({ design, layer, phases, end }: Experiment, userId: string, at: EpochMs): string {
  if (layer === null || (end !== null && end.at <= at)) return ''
  return hashedVariant({ ...design, layer, phases }, userId, at) ?? ''
}

/** What they did and received, page by page. */
export async function* measured(
  { rows, store }: { readonly rows: ExperimentRows; readonly store: Deps['store'] },
  scene: Scene,
): AsyncGenerator<readonly MeasuredValue[], void> {
  yield* measuredOutcomes(rows, scene)
  const { message } = scene.beside
  if (message === null) return
  for await (const page of store.experiments.sends(scene.key, { until: scene.until })) {
    yield page
      .filter((send) => send.message === message)
      .map(({ userId: user, at: time, sendId: id }) => ({ user, metric: sentColumn(message), value: 1, time, id }))
  }
}

async function* measuredOutcomes(rows: ExperimentRows, scene: Scene): AsyncGenerator<readonly MeasuredValue[], void> {
  const days = scene.metrics.map(({ regressionAdjustmentSettings: own }) => own?.days ?? PRE_DAYS)
  const span = { beforeMs: Math.max(...days) * DAY_MS, until: scene.until }
  const columns = [...columnsOf([...scene.metrics, ...scene.beside.metrics])]
  for await (const page of rows.outcomes(span)) {
    yield page
      .filter(({ userId }) => scene.mayCount(userId))
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

import {
  clusterOf,
  DAY_MS,
  type Decision,
  type EpochMs,
  type Experiment,
  type ExperimentDesign,
  type ExperimentMetric,
  knownAt,
  type LayerPlace,
  PalomaError,
  PRE_DAYS,
  pastExposure,
  placeOf,
  weightsOfRanges,
  windowMs,
} from '@paloma/core'
import type { PlanFromLog } from './contract.ts'
import type { Deps } from './deps.ts'
import { knownOf } from './experiment-rows.ts'
import type { ResultSource } from './experiment-sources.ts'
import { columnsOf, experimentMetrics, valueUnder } from './live-metrics.ts'
import { type PastRows, pastRows, type Span } from './past-rows.ts'
import { planAnswer, planSpec } from './plan-answer.ts'
import type { MeasuredValue, WouldBeUser } from './read-out-engine.ts'

type PlanDeps = Pick<Deps, 'store' | 'history' | 'config' | 'clock' | 'planUnits'>

/** Where and how far back a plan looks. */
export interface PlanOptions {
  readonly from: ResultSource
  /** Days over which users would have come; windows, and the time before exposure, lie beyond. */
  readonly days: number
}

/**
 * How many units and days a design takes to decide, from what the log says of its metrics among users whom it would have
 * exposed. Where the past of a metric that decides is too short there is no plan, and `faults` say what was expected.
 * Rejects with EXPERIMENT_WITHOUT_PAST where nobody would have been exposed.
 */
export async function planFromLog(
  deps: PlanDeps,
  experiment: Experiment,
  { from, days }: PlanOptions,
): Promise<PlanFromLog> {
  const design = designNow(experiment)
  const place = experiment.layer ?? placeOf(design, deps.config.experiments.layers)
  const metrics = experimentMetrics(deps.config, design.metrics)
  const rows = await pastRows(deps, from)
  const span = spanOf(rows, { metrics, days, until: deps.clock.now() })
  const spec = planSpec(design, metrics, span.until)
  const past = await deps.planUnits({
    spec: { ...spec, start: null, end: null },
    asOf: span.until,
    hasClusters: design.unit.kind === 'switchback' && design.unit.clusterTrait !== undefined,
    assignments: wouldBeUsers(rows, { design, place, span }),
    metrics: measured(rows, metrics, { since: span.since - preDays(metrics) * DAY_MS, until: span.until }),
  })
  if (past === null) throw withoutPast(design.key, span)
  return planAnswer({ design, place, metrics, spec, past, span, from })
}

/** The design with the shares that hold now: of a ramp, the last ones. */
function designNow({ design, phases }: Experiment): ExperimentDesign {
  const last = phases.at(-1)
  return last === undefined ? design : { ...design, traffic: last.traffic, weights: weightsOfRanges(last.ranges) }
}

function withoutPast(key: string, { since, until }: Span): PalomaError {
  const [first, last] = [since, until].map((at) => new Date(at).toISOString().slice(0, 10))
  const why =
    since < until
      ? `nobody would have been exposed from ${first} to ${last}`
      : 'it holds no whole day of decisions on which a metric could have been measured'
  return new PalomaError('EXPERIMENT_WITHOUT_PAST', `experiment ${key} cannot be planned from the log: ${why}`, {
    hint: 'a plan needs decisions for users whom its groups and targeting name, among what its variants change',
  })
}

function preDays(metrics: readonly ExperimentMetric[]): number {
  return Math.max(PRE_DAYS, ...metrics.map(({ regressionAdjustmentSettings: own }) => own?.days ?? PRE_DAYS))
}

/**
 * From when on users would have come: so many days, and the longest window, ago; after a time before, which is the longest that
 * a metric looks back, and a third of the log at most.
 */
function spanOf(
  { firstDay }: PastRows,
  { metrics, days, until }: { readonly metrics: readonly ExperimentMetric[] } & PlanOptionsUntil,
): Span {
  const windows = metrics.map(({ windowSettings }) =>
    windowSettings === undefined ? 0 : windowMs(windowSettings).until,
  )
  const wanted = until - days * DAY_MS - Math.max(0, ...windows)
  const first = firstDay ?? until
  const possible = first + Math.min(preDays(metrics) * DAY_MS, (until - first) / 3)
  return { since: Math.ceil(Math.max(wanted, possible) / DAY_MS) * DAY_MS, until }
}

type PlanOptionsUntil = Pick<PlanOptions, 'days'> & { readonly until: EpochMs }

interface WouldBe {
  readonly design: ExperimentDesign
  readonly place: LayerPlace
  readonly span: Span
}

/** A row per decision that would have exposed its user, and one without a time per user of a page whom none did. */
async function* wouldBeUsers(
  rows: PastRows,
  { design, place, span }: WouldBe,
): AsyncGenerator<readonly WouldBeUser[], void> {
  const row = { variant: design.control, phase: '' }
  for await (const page of rows.decisions(span)) {
    const exposed: WouldBeUser[] = []
    const unmoved = new Set<Decision['userId']>()
    for (const decision of page) {
      const found = pastExposure(design, place, decision)
      if (found === 'exposed')
        exposed.push({
          ...{ ...row, ...clusterIn(design, decision), user: decision.userId, time: decision.at },
          ...knownOf(knownAt(decision.inputs.user.profile, decision.at)),
        })
      if (found === 'unmoved') unmoved.add(decision.userId)
    }
    yield [...exposed, ...[...unmoved].map((user) => ({ ...row, user, time: null }))]
  }
}

/** Where slots are those of clusters, the one that the user was in. */
function clusterIn({ unit }: ExperimentDesign, { inputs }: Decision): Pick<WouldBeUser, 'cluster'> {
  const cluster = unit.kind === 'switchback' ? clusterOf(unit, inputs.user.profile.traits) : undefined
  return typeof cluster === 'string' ? { cluster } : {}
}

async function* measured(
  rows: PastRows,
  metrics: readonly ExperimentMetric[],
  span: Span,
): AsyncGenerator<readonly MeasuredValue[], void> {
  const columns = [...columnsOf(metrics)]
  for await (const page of rows.outcomes(span)) {
    yield page.flatMap((outcome) =>
      columns.flatMap((metric) => {
        const value = valueUnder(metric, outcome)
        if (value === null) return []
        const { userId: user, at: time, messageId } = outcome
        return [{ user, metric, value, time, id: `${messageId}/${metric}` }]
      }),
    )
  }
}

import {
  type Arrivals,
  BUCKETS,
  DAY_MS,
  type DesignFault,
  type EpochMs,
  type ExperimentDesign,
  type ExperimentMetric,
  type LayerPlace,
  type PlanUnit,
  pastFault,
  planReadOut,
  type ReadOutSpec,
} from '@paloma/core'
import type { PlanBasis, PlanFromLog, PlannedPast } from './contract.ts'
import { LEVELS, sequentialOf } from './experiment-results.ts'
import type { ResultSource } from './experiment-sources.ts'
import type { Span } from './past-rows.ts'
import type { UnitsOfPast } from './read-out-engine.ts'

/** Durations of the curve of detectable effects. */
const CURVE_DAYS = [3, 7, 14, 21, 28, 42, 56, 84] as const

/** What a plan from the log is made of. */
export interface PlanParts {
  readonly design: ExperimentDesign
  readonly place: LayerPlace
  readonly metrics: readonly ExperimentMetric[]
  readonly spec: ReadOutSpec
  readonly past: UnitsOfPast
  readonly span: Span
  readonly from: ResultSource
}

/** The design as the planner reads it, starting now. */
export function planSpec(
  { key, control, weights, horizon, successTests, unit }: ExperimentDesign,
  metrics: readonly ExperimentMetric[],
  now: EpochMs,
): ReadOutSpec {
  const variants = Object.entries(weights)
    .filter(([, share]) => share > 0)
    .map(([name, share]) => ({ name, weight: share / BUCKETS }))
  return {
    ...{ experiment: key, variants, control, phases: [], segments: [], utility: null, metrics, ...LEVELS },
    start: now,
    end: horizon.kind === 'days' ? now + horizon.days * DAY_MS : null,
    sequential: sequentialOf(horizon),
    skewness: 'corrected',
    ...(successTests === undefined ? {} : { successTests }),
    // Decisions have left every washout out already.
    ...(unit.kind === 'switchback'
      ? { unit: { kind: unit.kind, slotMinutes: unit.slotMinutes, washoutMinutes: 0 } }
      : {}),
  }
}

/** The plan, or why there is none; with the past of every metric and where it comes from. */
export function planAnswer(parts: PlanParts): PlanFromLog {
  const { design, metrics, spec, past } = parts
  const basis = basisOf(parts)
  const found = metrics.map((metric) => pastOf(metric, past, basis.unit))
  const faults = faultsOf(parts, found)
  const histories = Object.entries(past.metrics).map(([name, { history }]) => [name, history] as const)
  const plan =
    faults.length > 0
      ? null
      : planReadOut(spec, {
          histories: Object.fromEntries(histories),
          arrivals: arrivalsOf(parts),
          traffic: { triggerRate: 1, designEffect: 1 },
          days: CURVE_DAYS,
        })
  return { key: design.key, plan, faults, metrics: found, basis }
}

function pastOf(metric: ExperimentMetric, { metrics }: UnitsOfPast, unit: PlanUnit): PlannedPast {
  const { name, role } = metric
  const past = metrics[name]!
  const { history, units } = past
  const isKnown = history.kind === 'history'
  return {
    ...{ name, role, units },
    mean: isKnown ? history.mean : null,
    stdDeviation: isKnown ? Math.sqrt(history.variance) : null,
    explained: isKnown ? history.rSquared : null,
    fault: pastFault(metric, past, unit),
  }
}

/** What stands in the way of a plan. Metrics that do not decide are flagged beside their past and stand in nobody's way. */
function faultsOf({ design, metrics, spec }: PlanParts, found: readonly PlannedPast[]): readonly DesignFault[] {
  const isDecisive = ({ role }: ExperimentMetric): boolean => role === 'success' || role === 'guardrail'
  const names = spec.variants.map(({ name }) => name)
  const faults: DesignFault[] = []
  if (names.length < 2 || !names.includes(design.control)) {
    const detail = `expected the control ${design.control} and another variant with users, got ${names.join(', ')}`
    faults.push({ pointer: '/weights', detail })
  }
  if (!metrics.some(isDecisive)) {
    faults.push({ pointer: '/metrics', detail: 'expected one or more of role success or guardrail, got none' })
  }
  metrics.forEach((metric, i) => {
    const { name, role, targetMDE } = metric
    const { fault } = found[i]!
    if (role === 'success' && targetMDE === undefined) {
      const detail = `metric "${name}" expects the least relative effect worth finding, such as 0.02, got none`
      faults.push({ pointer: `/metrics/${i}/targetMDE`, detail })
    }
    if (isDecisive(metric) && fault !== null) faults.push({ pointer: `/metrics/${i}`, detail: fault })
  })
  return faults
}

function unitOf({ unit }: ExperimentDesign): PlanUnit {
  return unit.kind === 'user' ? 'user' : 'slot'
}

/** How much of the users seen would be in the experiment; of slots of time, those outside were left out already. */
function shareOf({ design, place }: PlanParts): number {
  return unitOf(design) === 'slot' ? 1 : ((place.until - place.from) / BUCKETS) * (design.traffic / BUCKETS)
}

/** Whole days of the past over which units came. */
function daysOf({ span }: PlanParts): readonly number[] {
  const [first, end] = [Math.ceil(span.since / DAY_MS), Math.floor(span.until / DAY_MS)]
  return Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i)
}

/** Units of the experiment that had come up to each whole day; null where the log has none. */
function arrivalsOf(parts: PlanParts): Arrivals | null {
  const byDay = new Map(parts.past.unitsByDay.map(({ day, units }) => [day, units]))
  const share = shareOf(parts)
  let sum = 0
  const cumulative = daysOf(parts).map((day) => {
    sum += (byDay.get(day) ?? 0) * share
    return sum
  })
  return sum === 0 ? null : { kind: 'history', cumulative }
}

function basisOf(parts: PlanParts): PlanBasis {
  const { design, past, span, from } = parts
  const arrivals = arrivalsOf(parts)
  const days = daysOf(parts).length
  const last = arrivals?.kind === 'history' ? arrivals.cumulative.at(-1) : undefined
  return {
    ...{ from, since: span.since, until: span.until, days, unit: unitOf(design) },
    ...{ units: past.units, users: past.users, share: shareOf(parts) },
    unitsPerDay: last === undefined ? null : last / days,
    triggerRate: past.usersMet === null ? null : past.users / past.usersMet,
  }
}

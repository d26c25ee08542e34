import {
  type Estimate,
  type ExperimentPlan,
  type PlannedMetric,
  type PlannedTest,
  planExperiment,
} from '../statistics/index.ts'
import type { GainBound } from './gain-bound.ts'
import type { Gate } from './overlap-gates.ts'
import type { CompleteMetric } from './policy-metric.ts'
import type { PolicyVerdict } from './policy-verdict.ts'

/** What a pre-check reads of an evaluation, of whatever kind. */
export interface PreChecked {
  readonly promoted: { readonly verdict: PolicyVerdict } | null
  readonly gates: readonly Gate[]
  readonly objectives: readonly PreCheckedObjective[]
}

export interface PreCheckedObjective {
  readonly name: string
  readonly metric: CompleteMetric
  readonly difference: Estimate
  readonly baseline: { readonly mean: number; readonly variancePerUser: number | null }
  /** Where there is one. */
  readonly gainBound?: GainBound | null
}

/** What to do with a policy that was evaluated. */
export interface PolicyPreCheck {
  /**
   * `explore`: a gate fails, log more first; `smaller-ramp`: a gain is less likely than none, or a guardrail gets worse: few users, or
   * exploration; `experiment`: worth a guarded experiment of the size that `plan` says.
   */
  readonly advice: 'explore' | 'smaller-ramp' | 'experiment'
  readonly reasons: readonly string[]
  /** P(Δ ≤ 0); null where a gate fails or nothing decides. */
  readonly chanceOfNoGain: number | null
  /** Predicted differences, by objective; null where a gate fails. */
  readonly predicted: Readonly<Record<string, Estimate>> | null
  /** Users (of all groups) after which an experiment is expected to decide, if the predicted difference is the true one. */
  readonly plan: ExperimentPlan | null
  /** A gain is shown without a normal approximation: the lower bound of a success metric lies above 0. */
  readonly isBoundAboveZero: boolean
}

// More likely than not.
const MOST_CHANCE_OF_NO_GAIN = 0.5

/** What an off-policy evaluation says of an experiment with the policy: predicted difference, units needed, and whether to begin. */
export function preCheckPolicy(
  evaluation: PreChecked,
  { test, power }: { readonly test?: PlannedTest; readonly power?: number } = {},
): PolicyPreCheck {
  const { promoted, gates, objectives } = evaluation
  if (promoted === null) {
    const reasons = gates.filter(({ status }) => status === 'failed').map(({ words }) => words)
    return { advice: 'explore', reasons, chanceOfNoGain: null, predicted: null, plan: null, isBoundAboveZero: false }
  }
  const { verdict } = promoted
  const reasons = [
    ...(isUnlikely(verdict.chanceOfNoGain)
      ? [`A gain is less likely than none: P(Δ ≤ 0) = ${shown(verdict.chanceOfNoGain)}.`]
      : []),
    ...verdict.metrics
      .filter(({ status, role }) => role === 'guardrail' && status === 'worse')
      .map(({ metric }) => `${metric} gets worse than tolerated.`),
    ...(verdict.chanceOfNoGain === null
      ? ['No success metric has a standard error, so nothing says what to expect.']
      : []),
  ]
  return {
    advice: reasons.length === 0 ? 'experiment' : 'smaller-ramp',
    reasons,
    chanceOfNoGain: verdict.chanceOfNoGain,
    predicted: Object.fromEntries(objectives.map(({ name, difference }) => [name, difference])),
    plan: planFor(objectives, { test, power }),
    isBoundAboveZero: objectives.some(
      ({ metric, gainBound }) => metric.role === 'success' && (gainBound?.difference ?? 0) > 0,
    ),
  }
}

function isUnlikely(chance: number | null): chance is number {
  return chance !== null && chance > MOST_CHANCE_OF_NO_GAIN
}

/** The plan for metrics with a predicted gain, or a margin; null where there is none. */
function planFor(
  objectives: readonly PreCheckedObjective[],
  { test, power }: { readonly test: PlannedTest | undefined; readonly power: number | undefined },
): ExperimentPlan | null {
  const metrics = objectives.flatMap(plannedMetric)
  if (!metrics.some(({ role }) => role === 'success')) return null
  return planExperiment({
    metrics,
    ...(test === undefined ? {} : { test }),
    ...(power === undefined ? {} : { errors: { beta: 1 - power } }),
  })
}

function plannedMetric({ name, metric, difference, baseline }: PreCheckedObjective): readonly PlannedMetric[] {
  const { role, inverse, margin, isRelative } = metric
  if (role === 'watched' || baseline.variancePerUser === null || difference.mean === null) return []
  const gain = (inverse ? -1 : 1) * difference.mean
  const effect = role === 'success' ? gain : isRelative ? margin * Math.abs(baseline.mean) : margin
  if (!(effect > 0)) return []
  return [{ name, role, kind: 'mean', mean: baseline.mean, variance: baseline.variancePerUser, effect, inverse }]
}

function shown(value: number): string {
  return `${Number(value.toPrecision(3))}`
}

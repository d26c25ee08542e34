import { checkLevel, type Estimate, effectInterval, type JointEffects, undefinedEstimate } from '../statistics/index.ts'
import {
  type ClusteredMean,
  clusteredEffect,
  clusteredMean,
  combineMeans,
  jointMeans,
  variancePerUser,
} from './clustered.ts'
import { apart, unusualShare } from './objective-evaluation.ts'
import type { Overlap } from './overlap.ts'
import { checkGates, type Gate, type GateName } from './overlap-gates.ts'
import type { CompleteMetric, PolicyMetric } from './policy-metric.ts'
import { type PolicyVerdict, policyVerdict } from './policy-verdict.ts'
import type { UserClusters } from './user-clusters.ts'

/** Options that all evaluations of whole slates, trajectories and moments share. */
export interface UnitEvaluationOptions {
  /** Fixes folds and draws: the same log and seed give the same numbers. */
  readonly seed: string
  /** Confidence of intervals; .95 unless said. */
  readonly level?: number
  /** One-sided error of the verdict; .05 unless said. */
  readonly alpha?: number
  /** Parts of users for cross-fitting; 3 unless said. */
  readonly folds?: number
  readonly metrics?: readonly PolicyMetric[]
}

/** One estimator's answer: the target's value per unit, with an interval clustered by user. */
export interface UnitEstimate<Name extends string> {
  readonly name: Name
  readonly estimate: Estimate
}

/** What one objective says; values per unit. */
export interface UnitObjective<Name extends string> {
  readonly name: string
  readonly metric: CompleteMetric
  /** The logging policy's own value. */
  readonly logging: Estimate
  /** By the default estimator. */
  readonly value: Estimate
  /** Target − logging, paired by unit. */
  readonly difference: Estimate
  readonly estimators: readonly UnitEstimate<Name>[]
  /** Mean and variance per user of the logging policy: what an experiment is planned with. */
  readonly baseline: { readonly mean: number; readonly variancePerUser: number | null }
}

const CALLED: Readonly<Record<string, string>> = {
  cascadeDr: 'Cascade-DR',
  snrips: 'self-normalised RIPS',
  snsips: 'self-normalised SIPS',
  sniips: 'self-normalised IIPS',
  snpdis: 'self-normalised PDIS',
  sntis: 'self-normalised TIS',
}

/** An estimator as the words of gates have it; the others are called by their capitals. */
function calledInGates(name: string): string {
  return CALLED[name] ?? name.toUpperCase()
}

/** What a target is worth, per unit: a slate, a user's trajectory, a message with its moment. */
export interface UnitEvaluation<Name extends string> {
  readonly status: 'evaluated' | 'insufficient-overlap'
  /** What values are per. */
  readonly unit: string
  readonly units: number
  readonly users: number
  /** The estimator that decides. */
  readonly deciding: Name
  /** Of the weights that the deciding estimator has at its end. */
  readonly overlap: Overlap
  readonly gates: readonly Gate[]
  readonly objectives: readonly UnitObjective<Name>[]
  /** Numbers that may be used; null when a gate fails. */
  readonly promoted: {
    readonly names: readonly string[]
    readonly values: JointEffects
    readonly differences: JointEffects
    readonly verdict: PolicyVerdict
  } | null
}

/** Scores by unit of one objective: their mean is an estimator's value, null where it has none. */
export interface UnitScores<Name extends string> {
  readonly name: string
  readonly metric: CompleteMetric
  readonly estimators: readonly { readonly name: Name; readonly scores: Float64Array | null }[]
  /** By unit, what the log itself got. */
  readonly returns: Float64Array
  /** Follows from what was done alone, as messages and their cost do: nothing is asked of its rewards. */
  readonly isExact?: boolean
}

export interface Assembling<Name extends string> {
  readonly unit: string
  readonly clusters: UserClusters
  readonly overlap: Overlap
  /** Decides, and is held against `beside`, which has other weaknesses. */
  readonly deciding: Name
  readonly beside: Name
  /** Gates that say nothing here. */
  readonly without?: readonly GateName[]
  readonly options: UnitEvaluationOptions
}

/** Estimates, gates and verdict from scores by unit. */
export function assembleEvaluation<Name extends string>(
  objectives: readonly UnitScores<Name>[],
  { unit, clusters, overlap, deciding, beside, without = [], options }: Assembling<Name>,
): UnitEvaluation<Name> {
  const { level = 0.95, alpha = 0.05 } = options
  checkLevel(level)
  checkLevel(1 - alpha)
  const found = objectives.map((own) => {
    const of = (wanted: Name) => own.estimators.find(({ name }) => name === wanted)?.scores ?? null
    const logging = clusteredMean(clusters, own.returns)
    const scores = of(deciding)
    // Where the log tells nothing at all gates have failed, and the place of the value is taken by none.
    const value = clusteredMean(clusters, scores ?? new Float64Array(own.returns.length).fill(Number.NaN))
    const difference = combineMeans([
      [1, value],
      [-1, logging],
    ])
    return {
      own,
      logging,
      value,
      difference,
      evidence: evidenceOf(own, { scores, beside: of(beside) }, overlap, clusters),
    }
  })
  const gates = checkGates(
    overlap,
    found.flatMap(({ own, evidence }) => (own.isExact === true ? [] : [evidence])),
    { unit: `${unit}s`, compared: [calledInGates(deciding), calledInGates(beside)] },
  ).filter(({ name }) => !without.includes(name))
  const isEnough = gates.every(({ status }) => status !== 'failed')
  const differences = jointMeans(found.map(({ difference }) => difference))
  const verdictOf = () =>
    policyVerdict(
      found.map(({ own, difference, logging }) => ({ name: own.name, difference, logging })),
      { clusters, metrics: objectives.map(({ metric }) => metric), alpha, differences },
    )
  return {
    status: isEnough ? 'evaluated' : 'insufficient-overlap',
    unit,
    units: clusters.clusterOf.length,
    users: clusters.count,
    deciding,
    overlap,
    gates,
    objectives: found.map((each) => summarise(each, { clusters, level })),
    promoted: isEnough
      ? {
          names: objectives.map(({ name }) => name),
          values: jointMeans(found.map(({ value }) => value)),
          differences,
          verdict: verdictOf(),
        }
      : null,
  }
}

function evidenceOf<Name extends string>(
  { name, returns }: UnitScores<Name>,
  { scores, beside }: { readonly scores: Float64Array | null; readonly beside: Float64Array | null },
  { effectiveSampleSize }: Overlap,
  clusters: UserClusters,
) {
  const share = unusualShare(returns)
  const effect = (of: Float64Array) => clusteredEffect(clusteredMean(clusters, of), clusters)
  return {
    objective: name,
    disagreement:
      scores === null || beside === null
        ? ({ kind: 'undefined', reason: 'no-weight', effect: null } as const)
        : apart(effect(scores), effect(beside)),
    unusual: effectiveSampleSize * share,
    unusualShare: share,
  }
}

interface Found<Name extends string> {
  readonly own: UnitScores<Name>
  readonly logging: ClusteredMean
  readonly value: ClusteredMean
  readonly difference: ClusteredMean
}

function summarise<Name extends string>(
  { own, logging, value, difference }: Found<Name>,
  { clusters, level }: { readonly clusters: UserClusters; readonly level: number },
): UnitObjective<Name> {
  const interval = (mean: ClusteredMean): Estimate =>
    Number.isNaN(mean.value)
      ? undefinedEstimate('no-weight')
      : effectInterval(clusteredEffect(mean, clusters), { level })
  return {
    name: own.name,
    metric: own.metric,
    logging: interval(logging),
    value: interval(value),
    difference: interval(difference),
    estimators: own.estimators.map(({ name, scores }) => ({
      name,
      estimate: scores === null ? undefinedEstimate('no-weight') : interval(clusteredMean(clusters, scores)),
    })),
    baseline: { mean: logging.value, variancePerUser: variancePerUser(logging) },
  }
}

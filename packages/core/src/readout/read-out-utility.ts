import {
  type AdjustedEffect,
  type Arms,
  boxVertices,
  breakEvenWeights,
  type Effect,
  effectCovariance,
  type JointEffects,
  type JointPart,
  jointUtility,
  type MetricResult,
  type ParetoStatus,
  paretoStatus,
  phasedJointEffects,
  robustUtility,
} from '../statistics/index.ts'
import { compareArms, type Pair } from './compare-metric.ts'
import { jointMoments } from './decompose.ts'
import type { ExperimentSummary, JointSummary, VectorColumns } from './experiment-summary.ts'
import type { ReadOutSpec, UtilitySpec } from './read-out-spec.ts'

/** What several metrics together are worth, and how much that depends on their weights. */
export interface UtilityReadOut {
  readonly weights: Readonly<Record<string, number>>
  /** Per user, in the unit of the weights. */
  readonly utility: Effect
  /** One-sided at the level of a success metric and, where looks are repeated, of this look; null where nothing is tested now. */
  readonly lowerBound: number | null
  /** The least favourable weights within the declared ranges, and the bound there. */
  readonly worst: { readonly weights: Readonly<Record<string, number>>; readonly lowerBound: number } | null
  /** Weight of `against` ÷ weight of `metric` at which the two effects cancel; pairs that pull against each other. */
  readonly breakEven: readonly { readonly metric: string; readonly against: string; readonly ratio: number }[]
  readonly pareto: ParetoStatus
  /** The lower bound lies above 0 for all weights in the ranges, no guardrail is open, nothing deteriorated, and the data are in order. */
  readonly mayShip: boolean
}

/** How the decision rule stands. */
export interface UtilityRule {
  readonly results: readonly MetricResult[]
  /** Confidence of a one-sided bound at this look; null where nothing is tested now. */
  readonly level: number | null
  /** The data are in order, and nothing deteriorated. */
  readonly isClear: boolean
}

/**
 * The declared weights on the effects of one treatment, with their covariance between metrics, from users who count in all of
 * them, phase by phase. Null where no weights are declared, or a metric has no standard error.
 */
export function readOutUtility(
  data: { readonly summary: ExperimentSummary; readonly spec: ReadOutSpec },
  treatment: string,
  rule: UtilityRule,
): UtilityReadOut | null {
  const { summary, spec } = data
  const { joint } = summary
  const { utility } = spec
  if (joint === null || utility === null) return null
  const effects = jointEffects(joint, Object.keys(utility.weights), { treatment, control: spec.control })
  if (effects === null) return null
  const names = joint.metrics.map(({ metric }) => metric).filter((name) => name in utility.weights)
  const { level } = rule
  // Without a test the effect stands, and no bound does.
  const found = jointUtility(effects, weightsOf(utility, names), level ?? NO_LEVEL)
  const worst = level === null ? null : robustUtility(effects, boxVertices(rangesOf(utility, names)), level)
  const guardrailsPass = rule.results.every(({ isNonInferior }) => isNonInferior !== false)
  const named = (weights: readonly number[]) => Object.fromEntries(names.map((name, i) => [name, weights[i]!]))
  return {
    weights: named(weightsOf(utility, names)),
    utility: found.utility,
    lowerBound: level === null ? null : found.lowerBound,
    worst: worst === null ? null : { weights: named(worst.weights), lowerBound: worst.lowerBound },
    breakEven: breakEvenWeights(effects.effects).flatMap(({ metric, against, ratio }) =>
      ratio === null ? [] : [{ metric: names[metric]!, against: names[against]!, ratio }],
    ),
    pareto: paretoStatus(
      rule.results.flatMap(({ interval, inverse }) => (interval === null ? [] : [gainOf(interval, inverse)])),
    ),
    mayShip: rule.isClear && guardrailsPass && (worst?.lowerBound ?? Number.NEGATIVE_INFINITY) > 0,
  }
}

const NO_LEVEL = 0.5

function gainOf(
  { low, high }: { readonly low: number; readonly high: number },
  isInverse: boolean,
): { readonly low: number; readonly high: number } {
  return isInverse ? { low: -high, high: -low } : { low, high }
}

function weightsOf({ weights }: UtilitySpec, names: readonly string[]): readonly number[] {
  return names.map((name) => weights[name] ?? 0)
}

function rangesOf(
  utility: UtilitySpec,
  names: readonly string[],
): readonly { readonly low: number; readonly high: number }[] {
  return names.map((name) => {
    const weight = utility.weights[name] ?? 0
    return utility.ranges[name] ?? { low: weight, high: weight }
  })
}

/**
 * Effects on several metrics with their covariance, in the order of the joint summary; over phases as each effect by itself. A phase in which
 * a variant had fewer than two users compares nothing. Null where one has no standard error.
 */
export function jointEffects(joint: JointSummary, names: readonly string[], pair: Pair): JointEffects | null {
  const parts: JointPart[] = []
  for (const phase of new Set(joint.cells.map((cell) => cell.phase))) {
    const own = { ...joint, cells: joint.cells.filter((cell) => cell.phase === phase) }
    const [treatment, control] = [pair.treatment, pair.control].map((name) => jointMoments(own, name).n)
    if (!(treatment! > 1 && control! > 1)) continue
    const effects = jointEffectsWithin(own, names, pair)
    if (effects === null) return null
    parts.push({ units: treatment! + control!, joint: effects })
  }
  return parts.length === 1 ? parts[0]!.joint : phasedJointEffects(parts)
}

function jointEffectsWithin(joint: JointSummary, names: readonly string[], pair: Pair): JointEffects | null {
  const compared = compareJointly(joint, names, pair)
  if (compared === null) return null
  const { arms, found } = compared
  const dofs = found.flatMap(({ effect }) => (effect.kind === 'effect' && effect.dof !== null ? [effect.dof] : []))
  return {
    effects: found.map(({ effect }) => effect.effect ?? 0),
    covariance: effectCovariance(arms, found),
    dof: dofs.length === 0 ? null : Math.min(...dofs),
  }
}

/** Several metrics compared on the users who count in all of them; null where one has no standard error, or there is none. */
export function compareJointly(
  joint: JointSummary,
  names: readonly string[],
  pair: Pair,
): { readonly arms: Arms; readonly found: readonly AdjustedEffect[] } | null {
  const arms = { treatment: jointMoments(joint, pair.treatment), control: jointMoments(joint, pair.control) }
  let start = 0
  const all = joint.metrics.map(({ metric, columns }) => {
    const shifted = shiftColumns(columns, start)
    start += columns.names.length
    return { metric, columns: shifted }
  })
  const found = all.filter(({ metric }) => names.includes(metric)).map(({ columns }) => compareArms(columns, arms))
  if (found.length === 0 || found.some(({ linearisation }) => linearisation === null)) return null
  return { arms, found }
}

function shiftColumns(columns: VectorColumns, by: number): VectorColumns {
  const move = (column: number): number => column + by
  return {
    names: columns.names,
    numerator: move(columns.numerator),
    denominator: columns.denominator === null ? null : move(columns.denominator),
    before: columns.before.map(move),
    covariates: columns.covariates.map(move),
  }
}

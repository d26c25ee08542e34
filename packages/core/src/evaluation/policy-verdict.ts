import { type Effect, effectPValue, type JointEffects, type JointUtility, jointUtility } from '../statistics/index.ts'
import { clusteredEffect, combineMeans } from './clustered.ts'
import type { ObjectiveScores } from './objective-evaluation.ts'
import type { CompleteMetric } from './policy-metric.ts'
import type { UserClusters } from './user-clusters.ts'

/** What one metric says, turned so that a gain is above 0. */
export interface PolicyMetricVerdict {
  readonly metric: string
  readonly role: CompleteMetric['role']
  /** Gain over the logging policy; of a guardrail, gain plus margin, which must not be below 0. */
  readonly gain: Effect
  /** One-sided p value of "no gain", or of "worse than tolerated"; null without a standard error, unless the gain is known exactly. */
  readonly pValue: number | null
  readonly status: 'better' | 'worse' | 'unclear' | 'tolerated' | 'not-tolerated' | 'watched'
}

/** Chance that a success metric, or the weighted sum, falls, as the normal approximation has it. */
export interface PolicyVerdict {
  /** `better`: guardrails tolerate it and success is shown; `worse`: harm is shown; `unclear`: neither. */
  readonly kind: 'better' | 'worse' | 'unclear'
  readonly metrics: readonly PolicyMetricVerdict[]
  /** Of the weighted sum of gains; null where no metric has a weight. */
  readonly utility: JointUtility | null
  /** P(Δ ≤ 0) of the weighted sum, or of the first success metric; null where it has no standard error. */
  readonly chanceOfNoGain: number | null
}

/** What a verdict reads of an objective. */
export type JudgedDifference = Pick<ObjectiveScores, 'name' | 'difference' | 'logging'>

export interface VerdictInput {
  readonly clusters: UserClusters
  readonly metrics: readonly CompleteMetric[]
  /** One-sided error of the whole rule; success metrics share it (Bonferroni), each guardrail is held to it. */
  readonly alpha: number
  /** Joint differences target − logging, in the order of `metrics`. */
  readonly differences: JointEffects
}

/**
 * The decision rule of experiments (STATISTICS §10, §11) on off-policy differences: every guardrail non-inferior, and the weighted sum above 0
 * or, without weights, at least one success metric.
 */
export function policyVerdict(objectives: readonly JudgedDifference[], input: VerdictInput): PolicyVerdict {
  const { metrics, alpha, differences } = input
  const successes = metrics.filter(({ role }) => role === 'success').length
  const verdicts = metrics.map((metric, m) => {
    const level = metric.role === 'success' ? alpha / successes : alpha
    return metricVerdict(objectives[m]!, metric, { clusters: input.clusters, alpha: level })
  })
  const isWeighted = metrics.some(({ weight }) => weight !== null)
  const weights = metrics.map(({ weight }) => weight ?? 0)
  const utility = isWeighted ? jointUtility(differences, weights, 1 - alpha) : null
  const deciding = utility?.utility ?? verdicts.find(({ role }) => role === 'success')?.gain ?? null
  return {
    kind: overall(verdicts, utility, alpha),
    metrics: verdicts,
    utility,
    chanceOfNoGain: deciding === null ? null : chanceOfNoGain(deciding),
  }
}

/** P(effect ≤ 0); of a difference known exactly, 0 or 1. */
function chanceOfNoGain(effect: Effect): number | null {
  if (effect.kind === 'effect') return effectPValue(effect, { alternative: 'greater' })
  if (effect.reason !== 'zero-variance' || effect.effect === null) return null
  return effect.effect > 0 ? 0 : 1
}

function metricVerdict(
  { difference, logging, name }: JudgedDifference,
  { role, inverse, margin, isRelative }: CompleteMetric,
  { clusters, alpha }: { readonly clusters: UserClusters; readonly alpha: number },
): PolicyMetricVerdict {
  const sign = inverse ? -1 : 1
  const known = { metric: name, role }
  if (role !== 'guardrail') {
    const gain = clusteredEffect(combineMeans([[sign, difference]]), clusters)
    const pValue = chanceOfNoGain(gain)
    if (role === 'watched') return { ...known, gain, pValue, status: 'watched' }
    return {
      ...known,
      gain,
      pValue,
      status: isShown(pValue, alpha) ? 'better' : isHarm(gain, alpha) ? 'worse' : 'unclear',
    }
  }
  // A share of the logging mean varies with it, so that the two are tested together.
  const base = isRelative
    ? combineMeans([
        [sign, difference],
        [margin * Math.sign(logging.value), logging],
      ])
    : difference
  const shifted = isRelative ? base : { ...combineMeans([[sign, base]]), value: sign * base.value + margin }
  const gain = clusteredEffect(shifted, clusters)
  const pValue = toleratedPValue(gain)
  return {
    ...known,
    gain,
    pValue,
    status: isShown(pValue, alpha) ? 'tolerated' : isHarm(gain, alpha) ? 'worse' : 'not-tolerated',
  }
}

/** Non-inferiority holds for a difference that is exactly the margin. */
function toleratedPValue(gain: Effect): number | null {
  if (gain.kind === 'undefined' && gain.reason === 'zero-variance' && gain.effect === 0) return 0
  return chanceOfNoGain(gain)
}

function isShown(pValue: number | null, alpha: number): boolean {
  return pValue !== null && pValue <= alpha
}

function isHarm(gain: Effect, alpha: number): boolean {
  if (gain.kind === 'undefined') return gain.reason === 'zero-variance' && gain.effect !== null && gain.effect < 0
  return effectPValue(gain, { alternative: 'less' })! <= alpha
}

function overall(
  verdicts: readonly PolicyMetricVerdict[],
  utility: JointUtility | null,
  alpha: number,
): PolicyVerdict['kind'] {
  const guardrails = verdicts.filter(({ role }) => role === 'guardrail')
  if (guardrails.some(({ status }) => status === 'worse')) return 'worse'
  const isTolerated = guardrails.every(({ status }) => status === 'tolerated')
  if (utility !== null) {
    const { utility: sum, lowerBound } = utility
    const isGain = lowerBound === null ? chanceOfNoGain(sum) === 0 : lowerBound > 0
    if (isGain) return isTolerated ? 'better' : 'unclear'
    return isHarm(sum, alpha) ? 'worse' : 'unclear'
  }
  if (verdicts.some(({ status, role }) => role === 'success' && status === 'worse')) return 'worse'
  const isBetter = verdicts.some(({ status }) => status === 'better')
  return isBetter && isTolerated ? 'better' : 'unclear'
}

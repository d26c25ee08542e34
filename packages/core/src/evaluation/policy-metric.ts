import { PalomaError } from '../domain/index.ts'

/**
 * What an objective is to the decision whether the target policy may meet users: a `success` metric is meant to rise, a `guardrail`, e.g. sends per
 * decision, may not get worse than by its margin, and what is `watched` decides nothing.
 */
export const POLICY_METRIC_ROLES = ['success', 'guardrail', 'watched'] as const
export type PolicyMetricRole = (typeof POLICY_METRIC_ROLES)[number]

export interface PolicyMetric {
  /** Name of the reward column. */
  readonly reward: string
  readonly role: PolicyMetricRole
  /** A decrease is good. */
  readonly inverse?: boolean
  /** Of a guardrail: how much worse is tolerated, ≥ 0; 0 unless said. */
  readonly margin?: number
  /** The margin is a share of the logging policy's mean. */
  readonly isRelative?: boolean
  /** What a reward can be at the least and at the most, for the bound without a normal approximation; what was seen unless said. */
  readonly range?: RewardRange
  /** What one unit is worth beside the others; the weighted sum then decides in place of single success metrics. */
  readonly weight?: number
}

export interface RewardRange {
  readonly low: number
  readonly high: number
}

/** A metric with everything said. */
export interface CompleteMetric extends Required<Omit<PolicyMetric, 'range' | 'weight'>> {
  readonly range: RewardRange
  readonly weight: number | null
}

/**
 * A metric for each reward of a log: all are success metrics where none is given; else those not given are watched. Throws
 * POLICY_METRIC_INVALID naming the metric.
 */
export function completeMetrics(
  rewards: readonly { readonly name: string; readonly values: ArrayLike<number> }[],
  given: readonly PolicyMetric[] = [],
): readonly CompleteMetric[] {
  const names = rewards.map(({ name }) => name)
  given.forEach((metric, i) => {
    checkMetric(metric, names)
    if (given.findIndex(({ reward }) => reward === metric.reward) !== i)
      throw fault(metric.reward, 'described once', 'two descriptions')
  })
  const role = given.length === 0 ? 'success' : 'watched'
  return rewards.map(({ name, values }) => {
    const metric = given.find(({ reward }) => reward === name) ?? { reward: name, role }
    const seen = rangeOf(values)
    const { range = seen } = metric
    if (!(range.low <= seen.low && range.high >= seen.high))
      throw fault(
        name,
        `given a range that holds all its rewards, ${seen.low} to ${seen.high}`,
        `${range.low} to ${range.high}`,
      )
    return { inverse: false, margin: 0, isRelative: false, weight: null, ...metric, range }
  })
}

function checkMetric({ reward, margin = 0, weight = 0 }: PolicyMetric, names: readonly string[]): void {
  if (!names.includes(reward)) throw fault(reward, `a reward of the log (${names.join(', ')})`, 'none of that name')
  if (!(margin >= 0 && Number.isFinite(margin))) throw fault(reward, 'given a margin ≥ 0', margin)
  if (!Number.isFinite(weight)) throw fault(reward, 'given a weight that is a finite number', weight)
}

function rangeOf(values: ArrayLike<number>): RewardRange {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]!)
    high = Math.max(high, values[i]!)
  }
  return { low, high }
}

function fault(name: string, expected: string, value: unknown): PalomaError {
  return new PalomaError('POLICY_METRIC_INVALID', `metric '${name}' must be ${expected}, got ${value}`)
}

import type { EvaluationLog } from './evaluation-log.ts'
import { effectiveSampleSize } from './importance-weights.ts'
import type { Overlap } from './overlap.ts'
import { LARGEST_WEIGHT_SHARE, LEAST_EFFECTIVE_SHARE } from './overlap-gates.ts'

/** What would have to be logged for this policy to be judged. */
export interface ExplorationPlan {
  /**
   * Share of the target policy to mix into the logging one, (1 − ε) π_b + ε π_e, from which a log is expected to be worth a tenth of its
   * decisions; 0 where it already is. Its weights then stay below 1 / ε.
   */
  readonly targetShare: number
  /** Of a log with that mixture. */
  readonly expectedEffectiveShare: number
  /** Decisions such a log needs, for the effective ones that are asked and no weight above a twentieth. */
  readonly decisions: number
  /** Where probability is needed, most needed first. */
  readonly actions: readonly NeededProbability[]
  readonly segments: readonly SegmentOverlap[]
}

/** One action's part in what makes weights uneven. */
export interface NeededProbability {
  readonly action: string
  /** Mean probabilities per decision; the log's is the share of choices where it holds propensities of chosen actions alone. */
  readonly targetProbability: number
  readonly loggedProbability: number
  /** Under the mixture. */
  readonly neededProbability: number
  /** Of Σ w². */
  readonly shareOfSquares: number
  /** Mean probability that the target gives to it where the log could not have chosen it. */
  readonly unsupportedMass: number
}

/** Overlap of one part of the log. */
export interface SegmentOverlap {
  readonly segment: string
  readonly decisions: number
  readonly effectiveShare: number
  /** Decisions whose action the target would never take, as a share. */
  readonly unusedShare: number
}

const MOST_ACTIONS = 20

/**
 * The least mixture that is expected to pass the gates of overlap. Under it a weight is w' = w / (1 − ε + ε w), and E w'² = (1 − u) Σ w w' / Σ w + u / ε,
 * with u the mass that the log does not support, so that this log tells what another one would be worth. `leastEffective`: effective decisions asked.
 */
export function planExploration(
  log: EvaluationLog,
  weights: Float64Array,
  { overlap, leastEffective }: { readonly overlap: Overlap; readonly leastEffective: number },
): ExplorationPlan {
  const unsupported = overlap.unsupportedMass ?? 0
  const shareAt = (mixed: number) => expectedShare(weights, mixed, unsupported)
  const targetShare = leastMixture(shareAt)
  const expected = shareAt(targetShare)
  const most = weights.reduce((top, weight) => Math.max(top, mixedWeight(weight, targetShare)), 0)
  const largest = unsupported > 0 && targetShare > 0 ? Math.max(most, 1 / targetShare) : most
  return {
    targetShare,
    expectedEffectiveShare: expected,
    decisions: Math.ceil(Math.max(leastEffective / expected, largest / LARGEST_WEIGHT_SHARE)),
    actions: neededProbabilities(log, weights, targetShare),
    segments: segmentOverlaps(log, weights),
  }
}

function mixedWeight(weight: number, mixed: number): number {
  return weight === 0 ? 0 : weight / (1 - mixed + mixed * weight)
}

/** 1 / E w'², the mean over what the target does of w' (weights normalised); without an agreeing decision nothing counts as supported. */
function expectedShare(weights: Float64Array, mixed: number, unsupported: number): number {
  let [sum, squares] = [0, 0]
  for (const weight of weights) {
    sum += weight
    squares += weight * mixedWeight(weight, mixed)
  }
  const missing = sum > 0 ? unsupported : 1
  if (missing > 0 && mixed === 0) return 0
  const mean = (sum > 0 ? (1 - missing) * (squares / sum) : 0) + (missing > 0 ? missing / mixed : 0)
  return Math.min(1, 1 / mean)
}

/** By bisection: the share grows with the mixture. To a thousandth, from above. */
function leastMixture(shareAt: (mixed: number) => number): number {
  if (shareAt(0) >= LEAST_EFFECTIVE_SHARE) return 0
  let [low, high] = [0, 1]
  while (high - low > 1e-3) {
    const middle = (low + high) / 2
    if (shareAt(middle) >= LEAST_EFFECTIVE_SHARE) high = middle
    else low = middle
  }
  return high
}

function neededProbabilities(
  log: EvaluationLog,
  weights: Float64Array,
  targetShare: number,
): readonly NeededProbability[] {
  const { identities, offsets, chosen, targetPolicy, loggingPolicy } = log
  if (identities === undefined) return []
  const width = identities.names.length
  const [target, logged, squares, missing] = Array.from({ length: 4 }, () => new Float64Array(width))
  const n = weights.length
  for (let i = 0; i < n; i++) {
    const own = identities.indices[offsets[i]! + chosen[i]!]!
    squares![own] = squares![own]! + weights[i]! ** 2
    if (loggingPolicy === undefined) logged![own] = logged![own]! + 1 / n
    for (let k = offsets[i]!; k < offsets[i + 1]!; k++) {
      const a = identities.indices[k]!
      target![a] = target![a]! + targetPolicy[k]! / n
      if (loggingPolicy === undefined) continue
      logged![a] = logged![a]! + loggingPolicy[k]! / n
      if (loggingPolicy[k] === 0) missing![a] = missing![a]! + targetPolicy[k]! / n
    }
  }
  const whole = squares!.reduce((sum, square) => sum + square, 0)
  return identities.names
    .map((action, a) => ({
      action,
      targetProbability: target![a]!,
      loggedProbability: logged![a]!,
      neededProbability: (1 - targetShare) * logged![a]! + targetShare * target![a]!,
      shareOfSquares: whole > 0 ? squares![a]! / whole : 0,
      unsupportedMass: missing![a]!,
    }))
    .filter((action) => action.targetProbability > action.loggedProbability || action.unsupportedMass > 0)
    .sort((a, b) => b.unsupportedMass - a.unsupportedMass || b.shareOfSquares - a.shareOfSquares)
    .slice(0, MOST_ACTIONS)
}

function segmentOverlaps({ segments }: EvaluationLog, weights: Float64Array): readonly SegmentOverlap[] {
  if (segments === undefined) return []
  const members = segments.names.map((): number[] => [])
  for (const [i, weight] of weights.entries()) members[segments.indices[i]!]!.push(weight)
  return segments.names
    .map((segment, s) => ({
      segment,
      decisions: members[s]!.length,
      effectiveShare: members[s]!.length === 0 ? 0 : effectiveSampleSize(members[s]!) / members[s]!.length,
      unusedShare: members[s]!.filter((weight) => weight === 0).length / Math.max(1, members[s]!.length),
    }))
    .sort((a, b) => a.effectiveShare - b.effectiveShare)
}

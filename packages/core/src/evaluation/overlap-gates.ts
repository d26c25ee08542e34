import type { Effect } from '../statistics/index.ts'
import type { Overlap } from './overlap.ts'

/** What must hold before a number of an evaluation may be used. */
export const GATE_NAMES = [
  'effective-share',
  'effective-sample-size',
  'largest-weight',
  'mean-weight',
  'support',
  'rare-rewards',
  'agreement',
] as const
export type GateName = (typeof GATE_NAMES)[number]

/** One gate: what was found, what is asked, and both in words. */
export interface Gate {
  readonly name: GateName
  /** The objective, of gates that look at rewards. */
  readonly objective: string | null
  /** `unknown`: the log does not tell; the gate then does not stand in the way, and another one has to. */
  readonly status: 'passed' | 'failed' | 'unknown'
  readonly found: number | null
  readonly limit: number
  readonly words: string
}

export const LEAST_EFFECTIVE_SHARE = 0.1
export const LEAST_EFFECTIVE_SAMPLE = 500
export const LARGEST_WEIGHT_SHARE = 0.05
export const MEAN_WEIGHT_ERRORS = 3
export const AGREEMENT_ERRORS = 2
/** Unsupported mass up to which a tail of a distribution is rounding. */
export const SUPPORT_TOLERANCE = 1e-9
/** Decisions with another than the usual reward, as unweighted ones, below which their spread is not known (Cochran 1954). */
export const LEAST_UNUSUAL_REWARDS = 5

/** Rewards of an objective as gates see them. */
export interface RewardEvidence {
  readonly objective: string
  /** DR − SNIPS with the root of the sum of their squared standard errors. */
  readonly disagreement: Effect
  /** Effective decisions whose reward is not the usual one. */
  readonly unusual: number
  /** Their share of all decisions. */
  readonly unusualShare: number
}

/**
 * Gates of off-policy evaluation. Failing any means that the log cannot tell what the policy is worth: overlap is too small, weights are not
 * those of a draw, or two estimators that must agree do not. Where everything is right, `mean-weight` still fails in 1 of 370 logs.
 */
export function checkGates(
  overlap: Overlap,
  evidence: readonly RewardEvidence[],
  words: GateSubject = { unit: 'decisions', compared: ['DR', 'SNIPS'] },
): readonly Gate[] {
  const { unit } = words
  return [
    atLeast('effective-share', { found: overlap.effectiveShare, limit: LEAST_EFFECTIVE_SHARE, unit }),
    atLeast('effective-sample-size', { found: overlap.effectiveSampleSize, limit: LEAST_EFFECTIVE_SAMPLE, unit }),
    largestWeight(overlap, unit),
    meanWeight(overlap),
    support(overlap, unit),
    ...evidence.flatMap((own) => [rareRewards(own, unit), agreement(own, words.compared)]),
  ]
}

/** What gates speak of: units in the plural, and the two estimators that must agree. */
export interface GateSubject {
  readonly unit: string
  readonly compared: readonly [string, string]
}

/** Effective decisions that both gates of size ask: 500, and so many that five of them have another than the usual reward. */
export function leastEffectiveSample(evidence: readonly RewardEvidence[]): number {
  const needed = evidence.flatMap(({ unusualShare }) =>
    unusualShare > 0 ? [LEAST_UNUSUAL_REWARDS / unusualShare] : [],
  )
  return Math.max(LEAST_EFFECTIVE_SAMPLE, ...needed)
}

const AT_LEAST_WORDS = {
  'effective-share': (found: string, limit: string, unit: string) =>
    `The log is worth ${found} of its ${unit} to this policy; at least ${limit} is asked.`,
  'effective-sample-size': (found: string, limit: string, unit: string) =>
    `The log is worth ${found} unweighted ${unit} to this policy; at least ${limit} are asked.`,
} as const

function atLeast(
  name: keyof typeof AT_LEAST_WORDS,
  { found, limit, unit }: { readonly found: number; readonly limit: number; readonly unit: string },
): Gate {
  const words = AT_LEAST_WORDS[name](shown(found), shown(limit), unit)
  return { name, objective: null, status: found >= limit ? 'passed' : 'failed', found, limit, words }
}

function largestWeight({ largestShare }: Overlap, unit: string): Gate {
  const limit = LARGEST_WEIGHT_SHARE
  const gate = { name: 'largest-weight', objective: null, limit, found: largestShare } as const
  if (largestShare === null)
    return { ...gate, status: 'failed', words: `None of the ${unit} of the log is what this policy would choose.` }
  return {
    ...gate,
    status: largestShare < limit ? 'passed' : 'failed',
    words: `One of the ${unit} carries ${shown(largestShare)} of all weight; less than ${shown(limit)} is asked.`,
  }
}

function meanWeight({ meanWeight: effect }: Overlap): Gate {
  const limit = MEAN_WEIGHT_ERRORS
  const gate = { name: 'mean-weight', objective: null, limit } as const
  const tail = 'elsewhere propensities are not those of the draw, or leave out what this policy does'
  if (effect.kind === 'undefined') {
    // Equal weights have no error: they are 1 or wrong.
    const isOne = effect.effect !== null && Math.abs(effect.effect - 1) < ROUNDING
    const words = isOne
      ? 'All weights are 1.'
      : `The mean weight is ${effect.effect === null ? 'unknown' : shown(effect.effect)}, without an error, and must be 1; ${tail}.`
    return { ...gate, status: isOne ? 'passed' : 'failed', found: isOne ? 0 : null, words }
  }
  const found = Math.abs(effect.effect - 1) / effect.stdError
  const words = `The mean weight is ${shown(effect.effect)}, ${shown(found)} standard errors from 1; less than ${limit} is asked: ${tail}.`
  return { ...gate, status: found < limit ? 'passed' : 'failed', found, words }
}

// Of sums of probabilities that were written with six digits.
const ROUNDING = 1e-6

function support({ unsupportedMass, unsupportedDecisions }: Overlap, unit: string): Gate {
  const gate = { name: 'support', objective: null, limit: SUPPORT_TOLERANCE, found: unsupportedMass } as const
  if (unsupportedMass === null) {
    const words =
      'The log holds only propensities of chosen actions, so the mean weight alone can show missing support.'
    return { ...gate, status: 'unknown', words }
  }
  const isSupported = unsupportedMass <= SUPPORT_TOLERANCE
  const words = isSupported
    ? 'The log gives a probability to every action that this policy takes.'
    : `This policy gives ${shown(unsupportedMass)} of its probability, in ${unsupportedDecisions} ${unit}, to actions the log could not have chosen.`
  return { ...gate, status: isSupported ? 'passed' : 'failed', words }
}

function rareRewards({ objective, unusual }: RewardEvidence, unit: string): Gate {
  const limit = LEAST_UNUSUAL_REWARDS
  const words = `${objective}: the log is worth ${shown(unusual)} ${unit} whose reward is not the usual one; with fewer than ${limit} its spread is not known.`
  return {
    name: 'rare-rewards',
    objective,
    status: unusual >= limit ? 'passed' : 'failed',
    found: unusual,
    limit,
    words,
  }
}

function agreement({ objective, disagreement }: RewardEvidence, compared: GateSubject['compared']): Gate {
  const both = compared.join(' and ')
  const limit = AGREEMENT_ERRORS
  const gate = { name: 'agreement', objective, limit } as const
  if (disagreement.kind === 'undefined') {
    const { effect } = disagreement
    const isEqual = effect !== null && Math.abs(effect) < ROUNDING
    const words = isEqual
      ? `${objective}: ${both} agree.`
      : `${objective}: ${both} cannot be compared (${disagreement.reason}).`
    return { ...gate, status: isEqual ? 'passed' : 'failed', found: isEqual ? 0 : null, words }
  }
  const found = Math.abs(disagreement.effect) / disagreement.stdError
  const words = `${objective}: ${both} lie ${shown(found)} joint standard errors apart; less than ${limit} is asked.`
  return { ...gate, status: found < limit ? 'passed' : 'failed', found, words }
}

/** Four digits, without trailing zeros. */
function shown(value: number): string {
  return `${Number(value.toPrecision(4))}`
}

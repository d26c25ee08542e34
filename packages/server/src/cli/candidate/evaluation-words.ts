import type { Estimate } from '@paloma/core'
import type { WireCandidateEvaluation } from '@paloma/sdk'
import { decimalsFor, formatNumber, formatShare, formatSigned } from '../report/index.ts'

/** What the whole comes to. */
export type Verdict = 'better' | 'worse' | 'unclear' | 'insufficient overlap' | 'unchanged'

/** The verdict, which no gate may stand in the way of. */
export function verdictOf({ isUnchanged, policy }: WireCandidateEvaluation): Verdict {
  if (isUnchanged) return 'unchanged'
  return policy.promoted === null ? 'insufficient overlap' : policy.promoted.verdict.kind
}

const VERDICTS: Readonly<Record<Verdict, string>> = {
  better: 'Better: by the weights that hold today, this configuration would have been worth more.',
  worse: 'Worse: this configuration would have been worth less, or break what you tolerate.',
  unclear: 'Unclear: the log shows neither a gain nor a loss.',
  'insufficient overlap': 'Insufficient overlap: the log cannot tell what this configuration is worth.',
  unchanged: 'Unchanged: this configuration decides every one of these decisions as it was decided.',
}

/** The verdict in a sentence. */
export function verdictWords(evaluation: WireCandidateEvaluation): string {
  return VERDICTS[verdictOf(evaluation)]
}

/** Why: what must hold and does not, or what the numbers say. */
export function reasonsOf(evaluation: WireCandidateEvaluation): readonly string[] {
  const { policy, advice } = evaluation
  if (policy.promoted === null)
    return [...policy.gates.filter(({ status }) => status === 'failed').map(({ words }) => words)]
  if (evaluation.isUnchanged) return []
  const { utility, chanceOfNoGain } = policy.promoted.verdict
  const sum = utility?.utility
  return [
    ...(sum?.kind === 'effect'
      ? [
          `The weighted sum changes by ${formatSigned(sum.effect, decimalsFor(2 * sum.stdError))} per decision (standard error ${formatNumber(sum.stdError, decimalsFor(2 * sum.stdError))})${chanceWords(chanceOfNoGain)}.`,
        ]
      : []),
    ...policy.promoted.verdict.metrics
      .filter(({ role, status }) => role === 'guardrail' && status !== 'tolerated')
      .map(
        ({ metric, status }) =>
          `${nameOf(metric)} ${status === 'worse' ? 'gets worse than you tolerate' : 'may get worse than you tolerate'}.`,
      ),
    ...advice.reasons,
  ]
}

function chanceWords(chance: number | null): string {
  return chance === null ? '' : `; the chance of no gain is ${formatShare(chance)}`
}

/** What to do next. */
export function nextStep({ policy, advice, isUnchanged }: WireCandidateEvaluation): string {
  if (isUnchanged) return 'There is nothing to try.'
  if (policy.exploration !== null) return explorationWords(policy.exploration, policy.decisions)
  if (advice.advice !== 'experiment') return 'Do not roll it out; if you believe in it, try it on few users.'
  const users = advice.plan?.units ?? null
  return users === null
    ? 'Worth a guarded experiment.'
    : `Worth a guarded experiment; expect it to decide after about ${formatNumber(users, 0)} users.`
}

function explorationWords(
  { targetShare, decisions }: NonNullable<WireCandidateEvaluation['policy']['exploration']>,
  had: number,
): string {
  const enough = `at least ${formatNumber(decisions, 0)} decisions`
  if (targetShare > 0) {
    return `Give these actions probability before you decide by the log: let ${formatShare(targetShare)} of what decides follow it (an experiment, or a floor that reaches these actions), and ask again after ${enough}.`
  }
  if (had < decisions) return `Ask again with ${enough}: a longer stretch of the log, or later.`
  return 'There is overlap enough; the check that failed also fails by chance now and then. Judge another stretch of the log, and use no number until it passes.'
}

/** Where the log lacks probability, rather than decisions. */
export function lacksProbability({ policy: { exploration } }: WireCandidateEvaluation): boolean {
  return exploration !== null && exploration.targetShare > 0 && exploration.actions.length > 0
}

/** A column of rewards for people; those that are no objective begin with a colon. */
export function nameOf(column: string): string {
  return column.startsWith(':') ? column.slice(1) : column
}

/** `0.31 [0.29, 0.33]`, to the digits that the interval deserves. */
export function estimateText(estimate: Estimate, sign: 'signed' | 'plain' = 'plain'): string {
  const format = sign === 'signed' ? formatSigned : formatNumber
  if (estimate.kind === 'undefined') return estimate.mean === null ? 'not known' : `${format(estimate.mean, 4)} (exact)`
  const decimals = decimalsFor(estimate.high - estimate.low)
  return `${format(estimate.mean, decimals)} [${format(estimate.low, decimals)}, ${format(estimate.high, decimals)}]`
}

const CAUSES: Readonly<Record<string, string>> = {
  refused: 'refused by the rules of then',
  absent: 'no candidate then, such as a moment that was not offered',
  'no-exploration': 'of people who do not allow chance',
  'no-chance': 'given no chance by the policy of then',
}

/** `email: capped (four-a-week)`. */
export function unsupportedWords({
  cause,
  reason,
  rule,
  channel,
}: WireCandidateEvaluation['unsupported'][number]): string {
  const why = reason === null ? (CAUSES[cause] ?? cause) : `${reason}${rule === null ? '' : ` (${rule})`}`
  return `${channel ?? 'hold'}: ${why}`
}

const LEFT_OUT: Readonly<Record<string, string>> = {
  immature: 'reward windows still open',
  noConsent: 'people who do not allow to be learned from, or are gone',
  otherSchema: 'made under other features or objectives',
  notReplayed: 'do not come out the same from what is stored',
  learnedFrom: 'made before the state, which may have learned from them',
  undecidable: 'the configuration cannot decide them',
  noExploration: 'people who do not allow chance, for whom it would have chosen otherwise',
  certain: 'not left to chance, and decided alike',
}

/** Decisions that say nothing, by why, most first. */
export function leftOutRows({ decisions }: WireCandidateEvaluation): readonly (readonly [string, number])[] {
  return Object.entries(decisions.leftOut)
    .filter(([, count]) => count > 0)
    .sort((a, b) => b[1] - a[1])
    .map(([cause, count]) => [LEFT_OUT[cause] ?? cause, count])
}

/** What no number here tells. */
export const LIMITS_OF_IT: readonly string[] = [
  'Each decision is judged by itself, with the user as the log has him: what this configuration’s earlier sends would have changed for later decisions (caps, tiredness, lost channels, open proposals) is in none of these numbers.',
  'Limits that all users share, and what is checked once more before a message leaves, count as they did then.',
]

/** Which state decided, and on whom. */
export function basisOf(evaluation: WireCandidateEvaluation): string {
  const { fixedState, decisions } = evaluation
  const state =
    fixedState === null
      ? 'with what was known at each decision'
      : `with policy state ${fixedState.id} of ${fixedState.createdAt.slice(0, 10)}, on decisions made after it`
  const sample =
    decisions.share === 1 ? '' : `, a sample of ${formatShare(decisions.share)} of all users (by a hash of their ids)`
  return `${formatNumber(decisions.evaluated, 0)} of ${formatNumber(decisions.seen, 0)} decisions, on ${formatNumber(decisions.users, 0)} users${sample}, ${state}`
}

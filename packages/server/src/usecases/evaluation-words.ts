import { ESTIMATOR_WORDS, type PolicyPreCheck } from '@paloma/core'
import { decimalsFor, formatNumber, formatShare, formatSigned } from '../words/format-number.ts'
import type { CandidateEvaluation, EvaluationVerdict, EvaluationWords } from './contract.ts'

const VERDICTS: Readonly<Record<EvaluationVerdict, string>> = {
  better: 'Better: by the weights that hold today, this configuration would have been worth more.',
  worse: 'Worse: this configuration would have been worth less, or break what you tolerate.',
  unclear: 'Unclear: the log shows neither a gain nor a loss.',
  'insufficient-overlap': 'Insufficient overlap: the log cannot tell what this configuration is worth.',
  unchanged: 'Unchanged: this configuration decides every one of these decisions as it was decided.',
}

const LIMITS: readonly string[] = [
  'Each decision is judged by itself, with the user as the log has him: what this configuration’s earlier sends would have changed for later decisions (caps, tiredness, lost channels, open proposals) is in none of these numbers.',
  'Limits that all users share, and what is checked once more before a message leaves, count as they did then.',
]

/** What an evaluation says, in sentences: the same for API, command line and console. */
export function evaluationWords(evaluation: CandidateEvaluation): EvaluationWords {
  const verdict = verdictOf(evaluation)
  return {
    verdict,
    sentence: VERDICTS[verdict],
    reasons: reasonsOf(evaluation),
    nextStep: nextStep(evaluation),
    basis: basisOf(evaluation),
    leftOut: leftOutOf(evaluation),
    unsupported: evaluation.unsupported.map((each) => ({ words: unsupportedWords(each), share: each.share })),
    estimators: ESTIMATOR_WORDS,
    limits: LIMITS,
  }
}

function verdictOf({ isUnchanged, policy }: CandidateEvaluation): EvaluationVerdict {
  if (isUnchanged) return 'unchanged'
  return policy.promoted === null ? 'insufficient-overlap' : policy.promoted.verdict.kind
}

/** Why: what must hold and does not, or what the numbers say. */
function reasonsOf({ policy, advice, isUnchanged }: CandidateEvaluation): readonly string[] {
  if (policy.promoted === null)
    return policy.gates.filter(({ status }) => status === 'failed').map(({ words }) => words)
  if (isUnchanged) return []
  const { utility, chanceOfNoGain, metrics } = policy.promoted.verdict
  const guardrails = metrics
    .filter(({ role, status }) => role === 'guardrail' && status !== 'tolerated')
    .map(
      ({ metric, status }) =>
        `${columnName(metric)} ${status === 'worse' ? 'gets worse than you tolerate' : 'may get worse than you tolerate'}.`,
    )
  return [...sumWords(utility?.utility, chanceOfNoGain), ...guardrails, ...advice.reasons]
}

type Promoted = NonNullable<CandidateEvaluation['policy']['promoted']>
type WeightedSum = NonNullable<Promoted['verdict']['utility']>['utility']

function sumWords(sum: WeightedSum | undefined, chanceOfNoGain: number | null): readonly string[] {
  if (sum?.kind !== 'effect') return []
  const decimals = decimalsFor(2 * sum.stdError)
  const chance = chanceOfNoGain === null ? '' : `; the chance of no gain is ${formatShare(chanceOfNoGain)}`
  return [
    `The weighted sum changes by ${formatSigned(sum.effect, decimals)} per decision (standard error ${formatNumber(sum.stdError, decimals)})${chance}.`,
  ]
}

function nextStep({ policy, advice, isUnchanged }: CandidateEvaluation): string {
  if (isUnchanged) return 'There is nothing to try.'
  if (policy.exploration !== null) return explorationWords(policy.exploration, policy.decisions)
  return adviceWords(advice)
}

function adviceWords({ advice, plan }: PolicyPreCheck): string {
  if (advice !== 'experiment') return 'Do not roll it out; if you believe in it, try it on few users.'
  const users = plan?.units ?? null
  return users === null
    ? 'Worth a guarded experiment.'
    : `Worth a guarded experiment; expect it to decide after about ${formatNumber(users, 0)} users.`
}

type Exploration = NonNullable<CandidateEvaluation['policy']['exploration']>

function explorationWords({ targetShare, decisions }: Exploration, had: number): string {
  const enough = `at least ${formatNumber(decisions, 0)} decisions`
  if (targetShare > 0) {
    return `Give these actions probability before you decide by the log: let ${formatShare(targetShare)} of what decides follow it (an experiment, or a floor that reaches these actions), and ask again after ${enough}.`
  }
  if (had < decisions) return `Ask again with ${enough}: a longer stretch of the log, or later.`
  return 'There is overlap enough; the check that failed also fails by chance now and then. Judge another stretch of the log, and use no number until it passes.'
}

/** Which state decided, and on whom. */
function basisOf({ fixedState, decisions }: CandidateEvaluation): string {
  const state =
    fixedState === null
      ? 'with what was known at each decision'
      : `with policy state ${fixedState.id} of ${new Date(fixedState.createdAt).toISOString().slice(0, 10)}, on decisions made after it`
  const sample =
    decisions.share === 1 ? '' : `, a sample of ${formatShare(decisions.share)} of all users (by a hash of their ids)`
  return `${formatNumber(decisions.evaluated, 0)} of ${formatNumber(decisions.seen, 0)} decisions, on ${formatNumber(decisions.users, 0)} users${sample}, ${state}`
}

/** A column of rewards for people; those that are no objective begin with a colon. */
function columnName(column: string): string {
  return column.startsWith(':') ? column.slice(1) : column
}

const CAUSES: Readonly<Record<string, string>> = {
  refused: 'refused by the rules of then',
  absent: 'no candidate then, such as a moment that was not offered',
  'no-exploration': 'of people who do not allow chance',
  'no-chance': 'given no chance by the policy of then',
}

/** `email: capped (four-a-week)`. */
function unsupportedWords({ cause, reason, rule, channel }: CandidateEvaluation['unsupported'][number]): string {
  const why = reason === null ? (CAUSES[cause] ?? cause) : `${reason}${rule === null ? '' : ` (${rule})`}`
  return `${channel ?? 'hold'}: ${why}`
}

const LEFT_OUT: Readonly<Record<keyof CandidateEvaluation['decisions']['leftOut'], string>> = {
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
function leftOutOf({ decisions: { leftOut } }: CandidateEvaluation): EvaluationWords['leftOut'] {
  const causes = Object.keys(LEFT_OUT) as (keyof typeof LEFT_OUT)[]
  return causes
    .map((cause) => ({ words: LEFT_OUT[cause], decisions: leftOut[cause] ?? 0 }))
    .filter(({ decisions }) => decisions > 0)
    .sort((a, b) => b.decisions - a.decisions)
}

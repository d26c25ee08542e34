import type {
  EstimatorResult,
  FixedAction,
  FixedActions,
  Gate,
  GateName,
  ObjectiveEvaluation,
  PolicyEvaluation,
  PolicyPreCheck,
  PolicyVerdict,
  WeightRule,
} from '@paloma/core'
import { formatNumber, formatShare, intervalText } from '../report/index.ts'
import type { EvaluationView } from './evaluation-view.ts'

/** What a rule does, e.g. `w ≤ 50`. */
export function ruleWords(rule: WeightRule | null, isTuned: boolean): string {
  if (rule === null) return ''
  const by = isTuned ? ' by SLOPE' : ''
  if ('at' in rule) return `${rule.kind === 'clip' ? 'w at most' : 'model above w ='} ${formatNumber(rule.at)}${by}`
  return `λ = ${formatNumber(rule.lambda)}${by}`
}

export const GATE_WORDS: Readonly<Record<GateName, string>> = {
  'effective-share': 'worth of the log, share',
  'effective-sample-size': 'worth of the log',
  'largest-weight': 'largest weight',
  'mean-weight': 'mean weight',
  support: 'support',
  'rare-rewards': 'rare rewards',
  agreement: 'DR and SNIPS agree',
}

export const GATE_STATUS_WORDS: Readonly<Record<Gate['status'], string>> = {
  passed: 'passed',
  failed: 'FAILED',
  unknown: 'not known',
}

const VERDICTS = {
  better: 'The policy is better than the one of the log, and every guardrail tolerates it.',
  worse: 'The policy is worse than the one of the log, or breaks a guardrail.',
  unclear: 'This log does not show that the policy is better.',
} as const

/** The verdict in one sentence. */
export function verdictSentence({ evaluation: { promoted } }: EvaluationView): string {
  return verdictOf(promoted?.verdict.kind ?? null)
}

/** The same of a verdict alone; null where a gate failed. */
export function verdictOf(kind: keyof typeof VERDICTS | null): string {
  if (kind === null)
    return 'Insufficient overlap: this log cannot tell what the policy is worth, and no number may be used.'
  return VERDICTS[kind]
}

const ADVICE: Readonly<Record<PolicyPreCheck['advice'], string>> = {
  explore: 'Before an experiment: log more of what this policy would do.',
  'smaller-ramp': 'Before an experiment: explore, or begin with few users.',
  experiment: 'Worth a guarded experiment.',
}

const NOT_MENDED =
  'Before an experiment: find out why the gate failed. Exploration would not mend it: are propensities those of the draw, and rows of one user known as such?'

/** A gate failed, though the log is worth as much as any plan of exploration asks. */
function isOverlapEnough({ exploration, decisions }: PolicyEvaluation): boolean {
  return exploration !== null && exploration.targetShare === 0 && exploration.decisions <= decisions
}

/** What to do next, with the users that an experiment needs. */
export function adviceWords({ preCheck, evaluation }: EvaluationView): string {
  return isOverlapEnough(evaluation) ? NOT_MENDED : adviceOf(preCheck)
}

/** What to do next, whatever was judged. */
export function adviceOf({ advice, plan }: PolicyPreCheck): string {
  const units = plan?.units ?? null
  const needed =
    units === null || advice === 'explore'
      ? ''
      : ` To decide, an experiment needs about ${formatNumber(units, 0)} users of both groups, if the predicted differences are the true ones.`
  return `${ADVICE[advice]}${needed}`
}

const FIXED_VERDICTS: Readonly<Record<FixedActions['verdict'], string>> = {
  gain: 'The policy beats it',
  loss: 'It beats the policy',
  'no-gain-shown': 'No gain over it is shown',
  unknown: 'Whether the policy beats every single action is not known',
}

/** The policy against one action for everybody. */
function fixedWords(fixed: FixedActions | null): readonly string[] {
  if (fixed === null || fixed.offered === 0) return []
  if (fixed.best === null)
    return [
      'The log tells too little of every single action, so whether the policy beats one for everybody is not known.',
    ]
  const { best, hold, untold, offered, verdict } = fixed
  const gainOf = ({ gain }: FixedAction): string =>
    gain.kind === 'estimate' ? intervalText(gain) : `${formatNumber(gain.mean ?? Number.NaN)}, no spread`
  const missing = untold === 0 ? '' : `, since the log tells too little of ${untold} of ${offered} actions`
  return [
    `Best single action for everybody${untold === 0 ? '' : ' of those the log tells of'}: ${best.action}. ${FIXED_VERDICTS[verdict]}${missing}; the policy's gain over it: ${gainOf(best)}.`,
    ...(hold === null || hold.action === best.action
      ? []
      : [`The policy's gain over ${hold.action} for everybody: ${gainOf(hold)}.`]),
  ]
}

/** Chance and bound that stand behind the advice. */
export function certaintyWords({ evaluation, preCheck }: EvaluationView): readonly string[] {
  if (evaluation.promoted === null) return []
  return [
    ...fixedWords(evaluation.promoted.fixed),
    ...chanceWords(evaluation.promoted.verdict, preCheck.chanceOfNoGain),
    preCheck.isBoundAboveZero
      ? 'A gain also holds by the bound without a normal approximation.'
      : 'The bound without a normal approximation does not exclude a loss.',
  ]
}

/** What decides, and the chance that it does not rise. */
export function chanceWords({ utility }: PolicyVerdict, chance: number | null): readonly string[] {
  const what = utility === null ? 'the first success metric' : 'the weighted sum of objectives'
  return [
    ...(utility !== null && utility.utility.effect !== null
      ? [
          `Weighted sum of the differences: ${formatNumber(utility.utility.effect)}${utility.lowerBound === null ? '' : `, lower bound ${formatNumber(utility.lowerBound)}`}.`,
        ]
      : []),
    ...(chance === null
      ? []
      : [`Chance that ${what} does not rise: ${chance < 0.0001 ? '< 0.0001' : chance.toFixed(4)}.`]),
  ]
}

/** Which estimators are worth showing: where nothing is estimated from weights, DR and, to see that it agrees, SNIPS. */
export function isShown(source: ObjectiveEvaluation['model']['source']): (result: EstimatorResult) => boolean {
  return ({ name }) => source !== 'exact' || name === 'dr' || name === 'snips'
}

/** What is to be said of the reward model. */
export function modelWords({ model: { source, explained } }: ObjectiveEvaluation): string {
  if (source === 'exact') return 'it follows from the action alone, so that weights add no noise'
  if (explained === null) return 'all rewards are alike'
  const share = formatShare(Math.max(0, explained))
  return `the ${source} reward model explains ${share} of the variance of rewards for users it has not seen`
}

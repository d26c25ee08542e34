import {
  type JointEffects,
  type Objective,
  type PolicyEvaluation,
  type PolicyMetric,
  preCheckPolicy,
} from '@paloma/core'
import { type CandidateDeps, type JudgedStretch, judgeCandidate } from './candidate-log.ts'
import {
  type CandidateEvaluation,
  type EvaluationRequest,
  LOST_COLUMN,
  type PlainEvaluation,
  SENDS_COLUMN,
} from './contract.ts'
import type { Deps } from './deps.ts'
import { channelUses, evaluationLogOf, unsupportedShares } from './judged-columns.ts'
import { othersTurn } from './learned-pages.ts'

/** Fixes folds and draws, so that the same log gives the same numbers. */
const SEED = 'evaluation'

/**
 * What a candidate would have done in past decisions and what it would have been worth, one decision at a time: what a send takes from, or
 * adds to, later decisions is in none of the numbers beyond the reward windows.
 *
 * @throws PalomaError as `judgeCandidate`
 */
export async function evaluateCandidate(
  deps: CandidateDeps & Pick<Deps, 'evaluatePolicy'>,
  request: EvaluationRequest,
  onProgress?: (seen: number, at: number) => void,
): Promise<CandidateEvaluation> {
  const stretch = await judgeCandidate(deps, request, onProgress)
  const { log } = stretch
  const objectives = weighed(request.config.objectives, log.latest?.objectives ?? [])
  const columns = evaluationLogOf(log, objectives)
  await othersTurn()
  const uses = channelUses(log)
  await othersTurn()
  const policy = await deps.evaluatePolicy(columns, { seed: SEED, metrics: metricsOf(objectives, request.tolerate) })
  const isUnchanged = log.decisions.every(({ logged, candidate }) => candidate.every((p, i) => p === logged[i]))
  return {
    ...spanOf(stretch),
    isUnchanged,
    objectives,
    uses,
    unsupported: unsupportedShares(log),
    policy: plain(policy),
    advice: preCheckPolicy(policy),
  }
}

type Weighed = CandidateEvaluation['objectives'][number]

/** Objectives by their names, with the weight that holds today beside the candidate's. */
function weighed(candidate: readonly Objective[], today: readonly Objective[]): readonly Weighed[] {
  return candidate.map(({ name, unit, weight }) => ({
    ...{ name, unit },
    weight: today.find((each) => each.name === name)?.weight ?? weight,
    candidateWeight: weight,
  }))
}

function metricsOf(
  objectives: readonly Weighed[],
  { sends, channelsLost }: NonNullable<EvaluationRequest['tolerate']> = {},
): readonly PolicyMetric[] {
  const beside = (reward: string, margin: number | undefined): PolicyMetric =>
    margin === undefined
      ? { reward, role: 'watched', inverse: true }
      : { reward, role: 'guardrail', inverse: true, margin, isRelative: true }
  return [
    ...objectives.map(({ name: reward, weight }): PolicyMetric => ({ reward, role: 'success', weight })),
    beside(LOST_COLUMN, channelsLost),
    beside(SENDS_COLUMN, sends),
  ]
}

function spanOf({
  log,
  from,
  until,
  asOf,
  fixedState,
}: JudgedStretch): Pick<CandidateEvaluation, 'from' | 'until' | 'asOf' | 'fixedState' | 'decisions'> {
  const { seen, share, leftOut, decisions } = log
  const users = new Set(decisions.map(({ userId }) => userId)).size
  return {
    ...{ from, until, asOf, fixedState },
    decisions: { seen, evaluated: decisions.length, users, share, leftOut },
  }
}

function plain({ promoted, ...rest }: PolicyEvaluation): PlainEvaluation {
  const joint = ({ covariance, ...of }: JointEffects) => ({ ...of, covariance: Array.from(covariance) })
  if (promoted === null) return { ...rest, promoted }
  return {
    ...rest,
    promoted: { ...promoted, values: joint(promoted.values), differences: joint(promoted.differences) },
  }
}

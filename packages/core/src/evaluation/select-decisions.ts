import type { EvaluationLog, FeatureMatrix, Loggers, RewardColumn } from './evaluation-log.ts'

/** The decisions with these indices, in that order, as a log of their own. User, action and segment indices stay as they are. */
export function selectDecisions(log: EvaluationLog, indices: ArrayLike<number>): EvaluationLog {
  const offsets = new Float64Array(indices.length + 1)
  for (let k = 0; k < indices.length; k++)
    offsets[k + 1] = offsets[k]! + (log.offsets[indices[k]! + 1]! - log.offsets[indices[k]!]!)
  const byDecision = (column: ArrayLike<number>, width = 1) => pickRows(column, indices, width)
  const byAction = (column: ArrayLike<number>, width = 1) => pickRuns(column, { log, indices, offsets, width })
  const { loggingPolicy, matured, identities, context, actionFeatures, segments, loggers } = log
  return {
    offsets,
    chosen: byDecision(log.chosen),
    propensities: byDecision(log.propensities),
    targetPolicy: byAction(log.targetPolicy),
    users: byDecision(log.users),
    rewards: log.rewards.map((reward) => pickReward(reward, byDecision, byAction)),
    ...(loggingPolicy === undefined ? {} : { loggingPolicy: byAction(loggingPolicy) }),
    ...(matured === undefined ? {} : { matured: byDecision(matured) }),
    ...(identities === undefined ? {} : { identities: { ...identities, indices: byAction(identities.indices) } }),
    ...(segments === undefined ? {} : { segments: { ...segments, indices: byDecision(segments.indices) } }),
    ...(loggers === undefined ? {} : { loggers: pickLoggers(loggers, byDecision, byAction) }),
    ...(context === undefined ? {} : { context: pickBlock(context, byDecision) }),
    ...(actionFeatures === undefined ? {} : { actionFeatures: pickBlock(actionFeatures, byAction) }),
  }
}

/**
 * The decisions whose reward windows have all closed, and how many were left out. Sound where windows close by time alone;
 * a log cut by what happened ("those who bought") is no longer what its probabilities say.
 */
export function maturedDecisions(log: EvaluationLog): { readonly log: EvaluationLog; readonly unmatured: number } {
  const { matured } = log
  if (matured === undefined) return { log, unmatured: 0 }
  const indices: number[] = []
  for (let i = 0; i < matured.length; i++) if (matured[i] === 1) indices.push(i)
  const unmatured = log.chosen.length - indices.length
  return unmatured === 0 ? { log, unmatured } : { log: selectDecisions(log, indices), unmatured }
}

type Pick = (column: ArrayLike<number>, width?: number) => Float64Array

function pickReward({ name, values, predictions }: RewardColumn, byDecision: Pick, byAction: Pick): RewardColumn {
  const picked = { name, values: byDecision(values) }
  return predictions === undefined ? picked : { ...picked, predictions: byAction(predictions) }
}

function pickLoggers(
  { indices, names, chosenProbabilities, distributions }: Loggers,
  byDecision: Pick,
  byAction: Pick,
): Loggers {
  return {
    indices: byDecision(indices),
    names,
    ...(chosenProbabilities === undefined
      ? {}
      : { chosenProbabilities: chosenProbabilities.map((own) => byDecision(own)) }),
    ...(distributions === undefined ? {} : { distributions: distributions.map((own) => byAction(own)) }),
  }
}

function pickBlock({ width, values }: FeatureMatrix, pick: Pick): FeatureMatrix {
  return { width, values: pick(values, width) }
}

function pickRows(column: ArrayLike<number>, indices: ArrayLike<number>, width: number): Float64Array {
  const picked = new Float64Array(indices.length * width)
  for (let k = 0; k < indices.length; k++)
    for (let j = 0; j < width; j++) picked[k * width + j] = column[indices[k]! * width + j]!
  return picked
}

interface Runs {
  readonly log: EvaluationLog
  readonly indices: ArrayLike<number>
  readonly offsets: ArrayLike<number>
  readonly width: number
}

function pickRuns(column: ArrayLike<number>, { log, indices, offsets, width }: Runs): Float64Array {
  const picked = new Float64Array(offsets[indices.length]! * width)
  for (let k = 0; k < indices.length; k++) {
    const from = log.offsets[indices[k]!]! * width
    const to = offsets[k]! * width
    const length = (offsets[k + 1]! - offsets[k]!) * width
    for (let j = 0; j < length; j++) picked[to + j] = column[from + j]!
  }
  return picked
}

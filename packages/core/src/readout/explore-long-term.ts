import {
  calibratedEffect,
  calibrateSurrogate,
  type Effect,
  type Estimate,
  effectInterval,
  fitSurrogateIndex,
  longTermEffect,
  type SurrogateCalibration,
  type SurrogateIndex,
  type UndefinedReason,
  undefinedEstimate,
} from '../statistics/index.ts'
import type { ExperimentSummary, PastUsers } from './experiment-summary.ts'
import { EXPLORATION_LEVEL, type ExplorationData } from './exploration-data.ts'
import type { ReadOutSpec, SurrogateSpec } from './read-out-spec.ts'
import { jointEffects } from './read-out-utility.ts'

/** What must hold for the forecast to be the long-term effect (Athey, Chetty, Imbens & Kang 2019). */
export const SURROGATE_ASSUMPTIONS = [
  'variants were assigned at random',
  'the treatment acts on the long-term outcome through the short-term ones alone',
  'short and long term hang together in the experiment as among the past users',
] as const

/** An estimate of a treatment's effect on an outcome that has not come yet. */
export interface LongTermReadOut {
  readonly treatment: string
  /** Column of the history. */
  readonly outcome: string
  /** Per user, in the outcome's unit. */
  readonly effect: Estimate
  /** Standard errors: of the experiment's users, and of the forecast. */
  readonly between: number | null
  readonly model: number | null
  /** Times the slope of past experiments; null where none were given. */
  readonly calibrated: Estimate | null
  readonly index: {
    readonly users: number
    readonly drawnFrom: number | null
    readonly incomplete: number
    readonly inExperiment: number
    readonly weights: readonly { readonly metric: string; readonly weight: number }[]
    /** Of users who were not fitted. */
    readonly rSquared: number
    readonly slope: number | null
  } | null
  readonly calibration: SurrogateCalibration | null
  readonly assumptions: readonly string[]
  /** Why there is no answer; null where there is one. */
  readonly reason: UndefinedReason | null
  /** The same with names and numbers. */
  readonly detail: string | null
}

/** The effect on the surrogate index of every treatment, where a history was given. */
export function exploreLongTerm({ spec, summary }: ExplorationData): readonly LongTermReadOut[] {
  const { surrogate } = spec
  const { past, pastExperiments } = summary
  if (surrogate === undefined || past === undefined) return []
  const calibration = pastExperiments === undefined ? null : calibrateSurrogate(pastExperiments, EXPLORATION_LEVEL)
  const index = fitSurrogateIndex(past, `${spec.experiment}/${surrogate.longTerm}`)
  return spec.variants
    .filter(({ name }) => name !== spec.control)
    .map(({ name: treatment }) => {
      const named = { treatment, outcome: surrogate.longTerm, assumptions: SURROGATE_ASSUMPTIONS, calibration }
      if (index.kind === 'undefined') {
        return { ...named, ...withoutAnswer(index.reason, detailOf(index.reason, past, surrogate)) }
      }
      return { ...named, ...answerFor({ spec, summary, surrogate, past, index, calibration }, treatment) }
    })
}

interface Known {
  readonly spec: ReadOutSpec
  readonly summary: ExperimentSummary
  readonly surrogate: SurrogateSpec
  readonly past: PastUsers
  readonly index: SurrogateIndex
  readonly calibration: SurrogateCalibration | null
}

type Answer = Omit<LongTermReadOut, 'treatment' | 'outcome' | 'assumptions' | 'calibration'>

function answerFor({ spec, summary, surrogate, past, index, calibration }: Known, treatment: string): Answer {
  const { joint } = summary
  const described = describe(index, past, surrogate)
  if (joint === null) return { ...withoutAnswer('no-test', null), index: described }
  const names = surrogate.metrics.map(({ metric }) => metric)
  const effects = jointEffects(joint, names, { treatment, control: spec.control })
  if (effects === null) {
    const detail = `expected two users of either variant and a variance of each of ${names.join(', ')}`
    return { ...withoutAnswer('too-few-units', detail), index: described }
  }
  const { effect, between, model } = longTermEffect(effects, index)
  const interval = (of: Effect): Estimate => effectInterval(of, { level: EXPLORATION_LEVEL })
  return {
    effect: interval(effect),
    between,
    model,
    calibrated: calibration === null ? null : interval(calibratedEffect(effect, calibration.slope)),
    index: described,
    reason: effect.kind === 'undefined' ? effect.reason : null,
    detail: null,
  }
}

function describe(index: SurrogateIndex, past: PastUsers, { metrics }: SurrogateSpec): LongTermReadOut['index'] {
  const { drawnFrom, incomplete, inExperiment } = past
  const { users, rSquared, slope } = index
  const weights = metrics.map(({ metric }, i) => ({ metric, weight: index.weights[i]! }))
  return { users, drawnFrom, incomplete, inExperiment, weights, rSquared, slope }
}

function detailOf(reason: UndefinedReason, { rows }: PastUsers, surrogate: SurrogateSpec): string | null {
  if (reason === 'too-few-units') {
    const columns = surrogate.metrics.length + surrogate.features.length
    return `expected ten past users for each of ${columns} columns and one more, got ${rows.length}`
  }
  if (reason !== 'zero-variance') return null
  return 'the long-term outcome is the same for everybody, or columns of the history determine one another'
}

function withoutAnswer(reason: UndefinedReason, detail: string | null): Answer {
  const none = { between: null, model: null, calibrated: null, index: null }
  return { ...none, effect: undefinedEstimate(reason), reason, detail }
}

import type {
  Channel,
  EpochMs,
  EvaluationLog,
  EvaluationOptions,
  JointEffects,
  PolicyEvaluation,
  PolicyPreCheck,
  UnsupportedCause,
} from '@paloma/core'
import type { CandidateConfig } from '../config/contract.ts'

/**
 * What a candidate decides with: `logged`, the state that each decision names, which had not learned from it; or one state for all, the
 * newest or one by its number, judged on decisions made after it.
 */
export type EvaluatedState = 'logged' | 'newest' | number

/** What is asked of the log. */
export interface EvaluationRequest {
  readonly config: CandidateConfig
  /** From here on, but not before the store has its days whole; absent: so many days before the end that DEFAULT_DAYS says. */
  readonly from?: EpochMs
  /** Up to here, exclusive; absent, or later: as far as reward windows have closed. */
  readonly until?: EpochMs
  readonly state: EvaluatedState
  /** Decisions out of the store, or those of exported days out of their files. */
  readonly source: 'live' | 'history'
  readonly maxDecisions: number
  /** What more the owner tolerates, as shares of what is: of sends per decision, of channels lost. Absent: it is watched, and decides nothing. */
  readonly tolerate?: { readonly sends?: number; readonly channelsLost?: number }
}

/**
 * Why a decision says nothing of a candidate:
 * - `immature`: a reward window is still open; `noConsent`: its user does not allow to be learned from, or is gone;
 * - `otherSchema`: made with what was learned under other features or rewards; `notReplayed`: it does not come out the same from what is stored;
 * - `learnedFrom`: older than the fixed state, which may have learned from it; `undecidable`: the candidate cannot decide it;
 * - `noExploration`: its user does not allow chance, and the candidate would have chosen otherwise;
 * - `certain`: neither configuration left it to chance, and both say the same.
 */
export const LEFT_OUT_CAUSES = [
  'immature',
  'noConsent',
  'otherSchema',
  'notReplayed',
  'learnedFrom',
  'undecidable',
  'noExploration',
  'certain',
] as const
export type LeftOutCause = (typeof LEFT_OUT_CAUSES)[number]

/** What one channel would carry, per user: expected sends now, or plans for later. */
export interface ChannelUse {
  readonly channel: Channel
  readonly when: 'now' | 'later'
  readonly logged: number
  readonly candidate: number
}

/** Chances that only the candidate gives, by the first thing that stood against them in the log. */
export interface UnsupportedShare {
  readonly cause: UnsupportedCause
  readonly reason: string | null
  readonly rule: string | null
  readonly channel: Channel | null
  /** Of the candidate's whole probability. */
  readonly share: number
}

/** What a changed configuration would have done in past decisions, and what that would have been worth. */
export interface CandidateEvaluation {
  readonly from: EpochMs
  readonly until: EpochMs
  /** Outcomes count up to here. */
  readonly asOf: EpochMs
  /** The one state that all was decided with; null where each decision had the one it names. */
  readonly fixedState: { readonly id: number; readonly createdAt: EpochMs } | null
  readonly decisions: {
    /** In the stretch. */
    readonly seen: number
    readonly evaluated: number
    readonly users: number
    /** Of the users, chosen by a hash of their ids. */
    readonly share: number
    /** Of the chosen users. */
    readonly leftOut: Readonly<Record<LeftOutCause, number>>
  }
  /** The candidate decides every one of them as it was decided. */
  readonly isUnchanged: boolean
  /** In the order of the configuration, with the weight that counted and the candidate's own. */
  readonly objectives: readonly {
    readonly name: string
    readonly unit: string
    readonly weight: number
    readonly candidateWeight: number
  }[]
  /** Exact: expected by the probabilities of both, decision by decision as they were met. */
  readonly uses: readonly ChannelUse[]
  /** Largest first. */
  readonly unsupported: readonly UnsupportedShare[]
  /** All estimates per decision; beside the objectives its rewards are SENDS_COLUMN and LOST_COLUMN. */
  readonly policy: PlainEvaluation
  readonly advice: PolicyPreCheck
}

/** What an evaluation comes to. */
export type EvaluationVerdict = 'better' | 'worse' | 'unclear' | 'insufficient-overlap' | 'unchanged'

/** What an evaluation says, in sentences for people. */
export interface EvaluationWords {
  readonly verdict: EvaluationVerdict
  readonly sentence: string
  /** Why: what must hold and does not, or what the numbers say. */
  readonly reasons: readonly string[]
  readonly nextStep: string
  /** Which state decided, and on whom. */
  readonly basis: string
  /** Decisions that say nothing, by why, most first. */
  readonly leftOut: readonly { readonly words: string; readonly decisions: number }[]
  /** What the candidate would do and the log could not, largest first; shares of the candidate's whole probability. */
  readonly unsupported: readonly { readonly words: string; readonly share: number }[]
  /** What the estimators are called. */
  readonly estimators: Readonly<Record<string, string>>
  /** What no number here tells. */
  readonly limits: readonly string[]
}

type Promoted = NonNullable<PolicyEvaluation['promoted']>
type PlainJoint = Omit<JointEffects, 'covariance'> & { readonly covariance: readonly number[] }

/** The same with lists for columns, so that it is what it is as JSON. */
export type PlainEvaluation = Omit<PolicyEvaluation, 'promoted'> & {
  readonly promoted:
    | (Omit<Promoted, 'values' | 'differences'> & { readonly values: PlainJoint; readonly differences: PlainJoint })
    | null
}

/** Estimates what a policy is worth on a log; long work, off the loop that serves others. */
export type PolicyEngine = (
  log: EvaluationLog,
  options: EvaluationOptions,
  signal?: AbortSignal,
) => Promise<PolicyEvaluation>

/** Reward columns beside those of the objectives. */
export const SENDS_COLUMN = ':sends'
export const LOST_COLUMN = ':channels lost'

export const DEFAULT_DAYS = 28
export const DEFAULT_MAX_DECISIONS = 50_000
/** Some hundred MB of memory, and minutes of work. */
export const MOST_DECISIONS = 200_000

/** How an evaluation stands; it goes on by itself, whoever asked. */
export interface EvaluationView {
  readonly id: string
  readonly createdAt: EpochMs
  /** Name of the API key that asked. */
  readonly createdBy: string
  readonly status: 'running' | 'done' | 'failed'
  readonly request: Omit<EvaluationRequest, 'config'>
  /** Decisions read so far, and up to when. */
  readonly progress: { readonly seen: number; readonly at: EpochMs } | null
  /** Once it is done. */
  readonly result: CandidateEvaluation | null
  /** Why it failed. */
  readonly error: {
    readonly code: string
    readonly detail: string
    readonly pointer?: string
    readonly hint?: string
  } | null
}

export interface EvaluationUsecases {
  /**
   * Starts one, or answers the one that is there under this id for the same request. Rejects with EVALUATION_CONFLICT for another
   * request under the id, EVALUATION_BUSY while this process works on another one, and what makes a candidate unfit at once.
   */
  start(
    id: string,
    request: EvaluationRequest,
    actor: string,
  ): Promise<{ readonly status: 'created' | 'duplicate'; readonly evaluation: EvaluationView }>
  get(id: string): Promise<EvaluationView | undefined>
  /** Newest first, without results. */
  list(): Promise<readonly Omit<EvaluationView, 'result'>[]>
  /** Resolves once nothing runs any more; what was under way is told to have been cut short. */
  stop(): Promise<void>
}

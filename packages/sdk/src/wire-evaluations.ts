import type { PolicyEvaluation, PolicyPreCheck } from '@paloma/core'
import type { IsoTime } from './wire.ts'

/** Whether to leave a request for an evaluation to the defaults is up to whoever asks. */
export interface EvaluationInput {
  /** The caller's own; repeated, it answers the evaluation that is there. One is made where none is given. */
  readonly id?: string | undefined
  /**
   * What is to change, laid over the configuration of the server: of `rules`, `features`, `groups`, `experiments` and `learning` each
   * member, else whole sections (`objectives`, `prices`, `messages`, `artifact`, `groupSalt`).
   */
  readonly config: unknown
  readonly from?: IsoTime | number | undefined
  readonly until?: IsoTime | number | undefined
  readonly state?: 'logged' | 'newest' | number | undefined
  readonly source?: 'live' | 'history' | undefined
  readonly maxDecisions?: number | undefined
  /** How much more the owner tolerates, as a share of what is. */
  readonly tolerate?: { readonly sends?: number | undefined; readonly channelsLost?: number | undefined } | undefined
}

/** What a changed configuration would have done in past decisions, and what that would have been worth, one decision at a time. */
export interface WireCandidateEvaluation {
  readonly from: IsoTime
  readonly until: IsoTime
  /** Outcomes count up to here. */
  readonly asOf: IsoTime
  /** The one state that all was decided with; null where each decision had the one it names. */
  readonly fixedState: { readonly id: number; readonly createdAt: IsoTime } | null
  readonly decisions: {
    readonly seen: number
    readonly evaluated: number
    readonly users: number
    /** Of the users, chosen by a hash of their ids. */
    readonly share: number
    /** By cause. */
    readonly leftOut: Readonly<Record<string, number>>
  }
  /** The candidate decides every one of them as it was decided. */
  readonly isUnchanged: boolean
  readonly objectives: readonly {
    readonly name: string
    readonly unit: string
    /** The weight that holds today, by which values are added up. */
    readonly weight: number
    readonly candidateWeight: number
  }[]
  /** Expected sends now, and plans for later, per user; exact. */
  readonly uses: readonly {
    readonly channel: string
    readonly when: 'now' | 'later'
    readonly logged: number
    readonly candidate: number
  }[]
  /** Chances that only the candidate gives, by what stood against them in the log. */
  readonly unsupported: readonly {
    readonly cause: string
    readonly reason: string | null
    readonly rule: string | null
    readonly channel: string | null
    readonly share: number
  }[]
  /** Estimates per decision, gates and verdict; of the objectives, and of `:sends` and `:channels lost`. */
  readonly policy: Pick<
    PolicyEvaluation,
    'status' | 'decisions' | 'users' | 'overlap' | 'clip' | 'gates' | 'objectives' | 'exploration'
  > & {
    readonly promoted: Pick<NonNullable<PolicyEvaluation['promoted']>, 'names' | 'verdict'> | null
  }
  readonly advice: PolicyPreCheck
  /** The same in sentences for people. */
  readonly words: {
    readonly verdict: 'better' | 'worse' | 'unclear' | 'insufficient-overlap' | 'unchanged'
    readonly sentence: string
    /** Why: what must hold and does not, or what the numbers say. */
    readonly reasons: readonly string[]
    readonly nextStep: string
    /** Which state decided, and on whom. */
    readonly basis: string
    /** Decisions that say nothing, by why, most first. */
    readonly leftOut: readonly { readonly words: string; readonly decisions: number }[]
    /** What the candidate would do and the log could not, largest first. */
    readonly unsupported: readonly { readonly words: string; readonly share: number }[]
    /** What the estimators are called. */
    readonly estimators: Readonly<Record<string, string>>
    /** What no number here tells. */
    readonly limits: readonly string[]
  }
}

/** How an evaluation stands. */
export interface WireEvaluation {
  readonly id: string
  readonly createdAt: IsoTime
  readonly createdBy: string
  readonly status: 'running' | 'done' | 'failed'
  readonly request: {
    readonly from?: IsoTime | undefined
    readonly until?: IsoTime | undefined
    readonly state: 'logged' | 'newest' | number
    readonly source: 'live' | 'history'
    readonly maxDecisions: number
    readonly tolerate?: { readonly sends?: number | undefined; readonly channelsLost?: number | undefined } | undefined
  }
  /** Decisions read so far, and up to when. */
  readonly progress: { readonly seen: number; readonly at: IsoTime } | null
  /** Once it is done. */
  readonly result: WireCandidateEvaluation | null
  readonly error: {
    readonly code: string
    readonly detail: string
    readonly pointer?: string | undefined
    readonly hint?: string | undefined
  } | null
}

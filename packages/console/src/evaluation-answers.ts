import type { IsoTime } from './answers.ts'

/** How far an evaluation of a changed configuration is. */
export type EvaluationStatus = 'running' | 'done' | 'failed'

/** A configuration judged on past decisions, without its result. */
export interface EvaluationAnswer {
  readonly id: string
  readonly createdAt: IsoTime
  readonly createdBy: string
  readonly status: EvaluationStatus
  readonly request: {
    readonly from?: IsoTime
    readonly until?: IsoTime
    readonly state: 'logged' | 'newest' | number
    readonly source: 'live' | 'history'
  }
  /** Decisions looked at so far, and the day that is being read. */
  readonly progress: { readonly seen: number; readonly at: IsoTime } | null
  readonly error: { readonly code: string; readonly detail: string; readonly hint?: string } | null
}

/** The same with what it came to. */
export interface EvaluationDetail extends EvaluationAnswer {
  readonly result: EvaluationResult | null
}

/** A mean with its interval, or the mean alone where nothing is left to chance, or nothing. */
export type JudgedEstimate =
  | { readonly kind: 'estimate'; readonly mean: number; readonly low: number; readonly high: number }
  | { readonly kind: 'undefined'; readonly mean: number | null }

/** Estimates per decision of one objective, or of `:sends` and `:channels lost`. */
export interface JudgedObjective {
  readonly name: string
  readonly logging: JudgedEstimate
  readonly value: JudgedEstimate
  readonly difference: JudgedEstimate
  readonly estimators: readonly { readonly name: string; readonly estimate: JudgedEstimate }[]
}

export type Verdict = 'better' | 'worse' | 'unclear' | 'insufficient-overlap' | 'unchanged'

export interface EvaluationResult {
  readonly from: IsoTime
  readonly until: IsoTime
  readonly decisions: { readonly evaluated: number; readonly users: number }
  readonly objectives: readonly { readonly name: string; readonly unit: string }[]
  /** Expected sends now, and plans for later, per user; exact. */
  readonly uses: readonly {
    readonly channel: string
    readonly when: 'now' | 'later'
    readonly logged: number
    readonly candidate: number
  }[]
  readonly policy: {
    readonly overlap: {
      readonly effectiveSampleSize: number
      readonly effectiveShare: number
      readonly quantiles: readonly { readonly at: number; readonly weight: number }[]
    }
    readonly gates: readonly {
      readonly name: string
      readonly objective: string | null
      readonly status: 'passed' | 'failed' | 'unknown'
      readonly words: string
    }[]
    readonly objectives: readonly JudgedObjective[]
    /** Null where a gate fails: then no value may be used. */
    readonly promoted: object | null
    readonly exploration: {
      readonly targetShare: number
      readonly actions: readonly {
        readonly action: string
        readonly loggedProbability: number
        readonly targetProbability: number
        readonly neededProbability: number
      }[]
    } | null
  }
  readonly words: {
    readonly verdict: Verdict
    readonly sentence: string
    readonly reasons: readonly string[]
    readonly nextStep: string
    readonly basis: string
    readonly leftOut: readonly { readonly words: string; readonly decisions: number }[]
    readonly unsupported: readonly { readonly words: string; readonly share: number }[]
    readonly estimators: Readonly<Record<string, string>>
    readonly limits: readonly string[]
  }
}

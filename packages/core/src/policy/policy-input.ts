import type { Action, EpochMs, UserState } from '../domain/index.ts'

/** What a policy may look at; columns run parallel to `actions`. */
export interface PolicyInput {
  readonly actions: readonly Action[]
  /** Higher is better; `hold` has 0. */
  readonly scores: Float64Array
  /** Variance of each score, ≥ 0. */
  readonly variances: Float64Array
  /** Packed covariance of the scores, for policies that draw jointly; without it scores are independent. */
  readonly covariance?: Float64Array
  /** The message of every action, null for `hold`, and how often each was sent; absent where nobody counts. */
  readonly offers?: {
    readonly messages: readonly (string | null)[]
    readonly sends: ReadonlyMap<string, number>
  }
  /** How many rewards have been learned from; absent: none. */
  readonly learned?: number
  /** What the chance of joint draws hangs on. */
  readonly decisionId: string
  /** How upstream ranks the actions itself. */
  readonly claimed: Float64Array
  readonly user: UserState
  readonly now: EpochMs
  /** The user's IANA time zone, or the company's. */
  readonly zone: string
}

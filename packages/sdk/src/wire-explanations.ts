import type { PropensityFactor } from '@paloma/core'
import type { Channel } from '@paloma/core/domain'
import type { IsoTime, WireRefusal } from './wire.ts'

export interface WireExplainedAction {
  readonly action: string
  readonly opportunityId: string | null
  readonly message: string | null
  readonly variant: string | null
  readonly channel: Channel | null
  readonly sendAt: IsoTime | null
  readonly probability: number
  /** What it would have been if nobody explored: 1 for the best score, shared among ties; null where the policy looks at no score. */
  readonly withoutExploration: number | null
  /** Null, as `scoreSd` and `price`, for a refused action: it was never valued. */
  readonly score: number | null
  readonly scoreSd: number | null
  readonly price: number | null
  readonly values: Readonly<
    Record<string, { readonly value: number; readonly sd: number; readonly weighted: number; readonly unit: string }>
  >
  readonly refusals: readonly WireRefusal[]
}

/** Why a decision fell as it did, in numbers and in sentences. */
export interface WireExplanation {
  readonly decisionId: string
  readonly userId: string
  readonly at: IsoTime
  readonly reason: string
  /** The reason for people. */
  readonly reasonWords: string
  readonly summary: readonly string[]
  readonly chosen: WireExplainedAction
  /** The propensity as a product: P(send) · P(moment | send) · P(channel | …) · P(message | …) · P(variant | …), or P(hold). */
  readonly factors: readonly PropensityFactor[]
  readonly actions: readonly WireExplainedAction[]
  readonly contributions: readonly {
    readonly feature: string
    readonly objective: string
    readonly contribution: number
  }[]
  readonly policy: string
  readonly snapshotVersion: string
  readonly stateId: number
}

import type { Channel } from './channel.ts'
import type { FeatureSchema } from './feature-schema.ts'
import type { Objective } from './objective.ts'
import type { PolicyState } from './policy-state.ts'
import type { Rules } from './rules.ts'

/** How a distribution over actions is made from scores. `floor` is mixed in: every action keeps floor / actions. */
export type PolicySpec =
  | { readonly kind: 'greedy'; readonly floor: number }
  | { readonly kind: 'epsilonGreedy'; readonly epsilon: number }
  | { readonly kind: 'softmax'; readonly temperature: number; readonly floor: number }
  | { readonly kind: 'thompson'; readonly floor: number; readonly sharpness: number }
  | { readonly kind: 'squareCb'; readonly gamma: number; readonly floor: number }
  /**
   * Business as usual: a send through the first channel that passes, at most `perWeek`, `gapHours` apart, at the moment
   * whose local hour is nearest to `localHour` (the earliest without one).
   */
  | {
      readonly kind: 'cadence'
      readonly perWeek: number
      readonly gapHours: number
      readonly channels: readonly Channel[]
      readonly localHour?: number
    }
  /** Every send alike, `hold` with its own probability. */
  | { readonly kind: 'random'; readonly holdProbability: number }
  | { readonly kind: 'holdout' }

/** The four comparison groups of one assignment service. */
export const GROUPS = ['paloma', 'businessAsUsual', 'random', 'holdout'] as const
export type Group = (typeof GROUPS)[number]

/** Share of users and policy per group; shares are in millionths and sum to 1,000,000. */
export interface GroupRule {
  readonly share: number
  readonly policy: PolicySpec
}

/** The frozen rules, prices, groups, features and policy a decision is made with. */
export interface Snapshot {
  /** Content hash of everything but the policy state. */
  readonly version: string
  readonly objectives: readonly Objective[]
  readonly rules: Rules
  readonly features: FeatureSchema
  readonly groups: Readonly<Record<Group, GroupRule>>
  readonly groupSalt: string
  /** Dual price per resource (`channel:email`, `message:price-drop`), on the common value scale. */
  readonly prices: Readonly<Record<string, number>>
  readonly state: PolicyState
}

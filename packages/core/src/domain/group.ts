import type { PolicySpec } from './policy-spec.ts'

/** The four comparison groups of one assignment service. */
export const GROUPS = ['paloma', 'businessAsUsual', 'random', 'holdout'] as const
export type Group = (typeof GROUPS)[number]

/** Share of users and policy per group; shares are in millionths and sum to 1,000,000. */
export interface GroupRule {
  readonly share: number
  readonly policy: PolicySpec
}

import type { Channel } from './channel.ts'

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

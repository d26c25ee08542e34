import type { Channel } from './channel.ts'

/**
 * By how much doubt counts for less than it is, as a factor of the variance; `openHorizon`: less and less so, as rewards are learned from and nobody
 * knows when it ends.
 */
export type Sharpness = number | 'openHorizon'

/**
 * How much a gap between scores counts, in 1 / units of the score: always as much, or `scale` · √(actions · rewards learned from), which
 * explores less and less as more is known.
 */
export type GapWeight = number | { readonly scale: number }

/** How a distribution over actions is made from scores. `floor` is mixed in: every action keeps floor / actions. */
export type PolicySpec =
  | { readonly kind: 'greedy'; readonly floor: number }
  | { readonly kind: 'epsilonGreedy'; readonly epsilon: number }
  | { readonly kind: 'softmax'; readonly temperature: number; readonly floor: number }
  | { readonly kind: 'thompson'; readonly floor: number; readonly sharpness: Sharpness }
  | { readonly kind: 'squareCb'; readonly gamma: GapWeight; readonly floor: number }
  /** Thompson sampling that knows how scores hang together, by `draws` ≥ 4,096 joint draws per decision. */
  | { readonly kind: 'thompsonDraws'; readonly draws: number; readonly floor: number; readonly sharpness: Sharpness }
  | BoundedPolicy
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

/** The policies that explore by what was learned. */
export type ExploringPolicy = Extract<
  PolicySpec,
  { readonly kind: 'greedy' | 'epsilonGreedy' | 'softmax' | 'thompson' | 'thompsonDraws' | 'squareCb' }
>

/**
 * Another policy within what its owner allows. The budget is kept first, then new messages get their traffic, then the
 * caps; floors stay, but for the share that new messages take.
 */
export interface BoundedPolicy {
  readonly kind: 'bounded'
  readonly policy: ExploringPolicy
  /** What exploring may cost: largest probability of an action that is not the best, and largest expected loss of score. */
  readonly budget?: { readonly share?: number; readonly loss?: number }
  /** Messages with fewer sends than `untilSends` share at least `share` of every decision they are on offer in. */
  readonly newMessages?: { readonly share: number; readonly untilSends: number }
  /** Largest probability of any one send through a channel. */
  readonly caps?: Readonly<Partial<Record<Channel, number>>>
}

import type { ExplorationData } from './exploration-data.ts'
import { type BayesianReadOut, exploreBayesian } from './explore-bayesian.ts'
import { type ChannelReadOut, exploreChannels } from './explore-channels.ts'
import { type ComplierReadOut, exploreCompliers } from './explore-compliers.ts'
import { exploreHeterogeneity, type HeterogeneityReadOut } from './explore-heterogeneity.ts'
import { exploreInteractions, type InteractionReadOut } from './explore-interactions.ts'
import { exploreLongTerm, type LongTermReadOut } from './explore-long-term.ts'
import { exploreNovelty, type NoveltyReadOut } from './explore-novelty.ts'
import { exploreShares, type SharesReadOut } from './explore-shares.ts'

/** What may be asked beside the decision: exploration, with 95 % intervals of a single look, never part of the rule. */
export interface Exploration {
  /** By metric: which variant is best. */
  readonly bayesian: readonly BayesianReadOut[]
  /** Where a phase's allocation followed the data: what shares would follow from it now. */
  readonly nextShares: readonly SharesReadOut[]
  /** Whether effects wear off. */
  readonly novelty: readonly NoveltyReadOut[]
  /** Whether another experiment on the same users changes the effects. */
  readonly interactions: readonly InteractionReadOut[]
  /** Effects on those who received the message because of their variant. */
  readonly compliers: readonly ComplierReadOut[]
  /** What one channel brought and took from others. */
  readonly channels: readonly ChannelReadOut[]
  /** Whether effects differ between users by what was known of them before. */
  readonly heterogeneity: readonly HeterogeneityReadOut[]
  /** What a forecast from short-term outcomes says of the long term. */
  readonly longTerm: readonly LongTermReadOut[]
}

/** Everything that the data can answer beside the decision. */
export function explore(data: ExplorationData): Exploration {
  return {
    bayesian: exploreBayesian(data),
    nextShares: exploreShares(data),
    novelty: exploreNovelty(data),
    interactions: exploreInteractions(data),
    compliers: exploreCompliers(data),
    channels: exploreChannels(data),
    heterogeneity: exploreHeterogeneity(data),
    longTerm: exploreLongTerm(data),
  }
}

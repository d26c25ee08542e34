import type { Scalar } from './opportunity.ts'

/** Where a declared feature is read: user trait, request context, opportunity features or variant features. */
export const FEATURE_SOURCES = ['user', 'context', 'opportunity', 'variant'] as const
export type FeatureSource = (typeof FEATURE_SOURCES)[number]

/**
 * One declared, typed feature. Missing or mistyped numbers take `missing`, or read 0 as the centre does; others take the all-zero code.
 * Numbers are mapped to about [−1, 1] by `(value − centre) / scale`, after `log1p` if asked, and clipped to ±3.
 */
export type FeatureSpec =
  | {
      readonly kind: 'number'
      readonly name: string
      readonly source: FeatureSource
      readonly centre: number
      readonly scale: number
      readonly log1p?: boolean
      readonly missing?: number
    }
  | {
      readonly kind: 'category'
      readonly name: string
      readonly source: FeatureSource
      readonly values: readonly string[]
    }
  | { readonly kind: 'boolean'; readonly name: string; readonly source: FeatureSource }
  /**
   * 1 where what is proposed is what the user likes, else 0: the user's trait `trait` says the same as the proposal's `name`, which is
   * its `topic`, `message`, `producer` or one of its features.
   */
  | { readonly kind: 'match'; readonly name: string; readonly source: 'opportunity'; readonly trait: string }

/** The declared features plus how many hashed slots message families and variants share. */
export interface FeatureSchema {
  readonly features: readonly FeatureSpec[]
  /** Message families are hashed into this many indicators, so that new ones need no new schema. */
  readonly messageBuckets: number
  /** Variants of proposals that have several share this many indicators; none where absent. What else is known of them they declare as features. */
  readonly variantBuckets?: number
  /** Name of a declared category of users, their segment: what hours of the week are worth is learned for each value too. */
  readonly hoursBy?: string
}

/** Reads one value by name from a bag of scalars. */
export type FeatureBag = Readonly<Record<string, Scalar>>

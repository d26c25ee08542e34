import type { Layer, LayerPlace, Phase } from '../domain/index.ts'
import { BUCKETS, bucketOf } from './assignment.ts'

/** The first bucket of a layer's holdout; experiments of the layer own buckets below it. */
export function holdoutStart({ holdoutShare }: Pick<Layer, 'holdoutShare'>): number {
  return BUCKETS - holdoutShare
}

/** Whether a user is held out of every experiment of the layer. */
export function isHeldOut(layer: Layer, userId: string): boolean {
  return bucketOf(layer.salt, userId) >= holdoutStart(layer)
}

/**
 * Whether a user takes part in a phase: the traffic is the first buckets of those the experiment owns, so that whoever
 * takes part still does when it grows.
 */
export function takesPart(place: LayerPlace, { traffic }: Pick<Phase, 'traffic'>, userId: string): boolean {
  const bucket = bucketOf(place.salt, userId)
  const size = Math.floor(((place.until - place.from) * traffic) / BUCKETS)
  return bucket >= place.from && bucket < place.from + size
}

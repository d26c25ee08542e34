import type { Opportunity, Variant } from '../domain/index.ts'
import { murmur3 } from '../random/index.ts'

const VARIANT_SEED = 0x76617269

/**
 * Which of so many indicators tells of a variant, −1 where its proposal has no other to choose from. Home is a hash of message and
 * variant; variants of one proposal never share one while there are enough: in the order of their names, each takes the
 * first free from its home on. So a variant keeps its place unless one comes that goes before it.
 */
export function variantPlaces(count: number): (opportunity: Opportunity, variant: Variant) => number {
  let recent: Opportunity | undefined
  let places: ReadonlyMap<string, number> = new Map()
  return (opportunity, variant) => {
    if (count === 0 || opportunity.variants.length < 2) return -1
    if (opportunity !== recent) {
      recent = opportunity
      places = placesOf(opportunity, count)
    }
    return places.get(variant.name) ?? -1
  }
}

function placesOf({ message, variants }: Opportunity, count: number): ReadonlyMap<string, number> {
  const places = new Map<string, number>()
  const taken = new Set<number>()
  for (const name of variants.map((variant) => variant.name).sort()) {
    const home = murmur3(`${message}\u0000${name}`, VARIANT_SEED) % count
    let place = home
    if (taken.size < count) while (taken.has(place)) place = (place + 1) % count
    taken.add(place)
    places.set(name, place)
  }
  return places
}

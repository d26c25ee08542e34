import type { Opportunity, Variant } from '../domain/index.ts'
import { murmur3 } from '../random/index.ts'

const VARIANT_SEED = 0x76617269
/** Messages whose variants' homes are remembered; beyond, all are forgotten and found again. */
const KEPT_MESSAGES = 10_000

/**
 * Which of so many indicators tells of a variant, −1 where its proposal has no other to choose from. Home is a hash of message and
 * variant; variants of one proposal never share one while there are enough: in the order of their names, each takes the
 * first free from its home on. So a variant keeps its place unless one comes that goes before it.
 */
export function variantPlaces(count: number): (opportunity: Opportunity, variant: Variant) => number {
  const homeOf = variantHomes(count)
  const shared: SharedPlaces = new WeakMap()
  let recent: Opportunity | undefined
  const places: number[] = []
  return (opportunity, variant) => {
    const { variants } = opportunity
    if (count === 0 || variants.length < 2) return -1
    if (opportunity !== recent) {
      recent = opportunity
      settle(opportunity, { count, homeOf, shared, places })
    }
    for (let i = 0; i < variants.length; i += 1) if (variants[i]!.name === variant.name) return places[i]!
    return -1
  }
}

type HomeOf = (message: string, variant: string) => number

/** Places of variants that wanted one home, for as long as their proposal is in memory. */
type SharedPlaces = WeakMap<Opportunity, readonly number[]>

/** A memo: messages and their variants are few. */
function variantHomes(count: number): HomeOf {
  const known = new Map<string, Map<string, number>>()
  return (message, variant) => {
    let ofMessage = known.get(message)
    if (ofMessage === undefined) {
      if (known.size >= KEPT_MESSAGES) known.clear()
      ofMessage = new Map()
      known.set(message, ofMessage)
    }
    const found = ofMessage.get(variant)
    if (found !== undefined) return found
    const home = murmur3(`${message}\u0000${variant}`, VARIANT_SEED) % count
    if (ofMessage.size < KEPT_MESSAGES) ofMessage.set(variant, home)
    return home
  }
}

/** Writes the place of each variant, in their order. Where nobody wants another's home, which is nearly always, homes are places. */
function settle(
  opportunity: Opportunity,
  { count, homeOf, shared, places }: Settling & { readonly shared: SharedPlaces; readonly homeOf: HomeOf },
): void {
  const { message, variants } = opportunity
  places.length = 0
  let isCrowded = false
  for (let i = 0; i < variants.length; i += 1) {
    const home = homeOf(message, variants[i]!.name)
    for (let j = 0; j < i; j += 1) if (places[j] === home) isCrowded = true
    places.push(home)
  }
  if (!isCrowded) return
  const known = shared.get(opportunity)
  if (known === undefined) {
    share(variants, { count, places })
    shared.set(opportunity, [...places])
  } else {
    for (let i = 0; i < known.length; i += 1) places[i] = known[i]!
  }
}

interface Settling {
  readonly count: number
  readonly places: number[]
}

function share(variants: Opportunity['variants'], { count, places }: Settling): void {
  const order = variants.map((_, i) => i).sort((a, b) => (variants[a]!.name < variants[b]!.name ? -1 : 1))
  const taken = new Set<number>()
  for (const i of order) {
    let place = places[i]!
    if (taken.size < count) while (taken.has(place)) place = (place + 1) % count
    taken.add(place)
    places[i] = place
  }
}

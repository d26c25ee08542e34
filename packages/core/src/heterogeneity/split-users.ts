import { randomFrom } from '../random/index.ts'

/**
 * A part for every user, drawn within each variant: users of a variant are shuffled and dealt out, so that parts have the same shares of both.
 * `shares` are positive and sum to 1.
 */
export function splitUsers(treated: ArrayLike<number>, shares: readonly number[], key: string): Uint8Array {
  const random = randomFrom(key)
  const parts = new Uint8Array(treated.length)
  for (const variant of [0, 1]) {
    const places: number[] = []
    for (let i = 0; i < treated.length; i++) if (treated[i] === variant) places.push(i)
    shuffle(places, random)
    let [part, until] = [0, shares[0]!]
    places.forEach((place, rank) => {
      while ((rank + 0.5) / places.length > until && part < shares.length - 1) {
        part += 1
        until += shares[part]!
      }
      parts[place] = part
    })
  }
  return parts
}

/** Fisher & Yates, in place. */
function shuffle(places: number[], random: () => number): void {
  for (let i = places.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const held = places[i]!
    places[i] = places[j]!
    places[j] = held
  }
}

/** Places whose part is one of `wanted`. */
export function placesOf(parts: ArrayLike<number>, wanted: (part: number) => boolean): readonly number[] {
  const places: number[] = []
  for (let i = 0; i < parts.length; i++) if (wanted(parts[i]!)) places.push(i)
  return places
}

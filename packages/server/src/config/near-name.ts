/** Further apart than so many letters are two words, not one and its misspelling. */
const FARTHEST = 2

/** Shorter ones end or begin too many names. */
const SHORTEST_PART = 4

/**
 * The name that a misspelled one was most likely meant to be: few letters apart, or longer by a word (`hours` for `localHours`); undefined where none is
 * near. A name that is spelled as given was not misspelled, and is not meant.
 */
export function nearName(given: string, names: Iterable<string>): string | undefined {
  let best: { readonly name: string; readonly distance: number } | undefined
  for (const name of names) {
    if (name === given) continue
    const limit = Math.min(FARTHEST, Math.floor(Math.min(given.length, name.length) / 2))
    const distance = distanceOf(given, name)
    if (distance <= limit && distance < (best?.distance ?? Number.POSITIVE_INFINITY)) best = { name, distance }
  }
  return best?.name
}

/** Of letters; in other case is nearest, and a name with a word more is as near as one letter. */
function distanceOf(given: string, name: string): number {
  const [a, b] = [given.toLowerCase(), name.toLowerCase()]
  if (a === b) return 0
  return a.length >= SHORTEST_PART && (b.endsWith(a) || b.startsWith(a)) ? 1 : editDistance(given, name)
}

/** How many letters must be put in, taken out, changed or swapped with their neighbour (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1
      let cost = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + change)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (isSwap) cost = Math.min(cost, rows[i - 2]![j - 2]! + 1)
      row.push(cost)
    }
    rows.push(row)
  }
  return rows[a.length]![b.length]!
}

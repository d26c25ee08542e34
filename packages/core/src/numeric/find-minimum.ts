/** Reflection, expansion, contraction and shrinking of the simplex, as in the paper. */
const EXPAND = 2
const CONTRACT = 0.5
/** Edges of the first simplex. */
const FIRST_EDGE = 0.5

interface Corner {
  readonly at: readonly number[]
  readonly value: number
}

/** Where a search ended. `settled` is false where it ran out of steps: the place is then the best of those looked at, and no minimum. */
export interface Minimum {
  readonly at: readonly number[]
  readonly value: number
  readonly settled: boolean
}

/**
 * A place where the continuous function `f` of few arguments is least nearby, by the simplex of Nelder & Mead (1965, Computer J. 7,
 * 308), begun again from where it ended until that gains nothing, because a simplex may collapse. Good to about `tolerance` in value; it may
 * be a local minimum. A value that is no number counts as infinitely large.
 */
export function findMinimum(
  f: (x: readonly number[]) => number,
  start: readonly number[],
  { tolerance = 1e-10, steps = 10_000 }: { readonly tolerance?: number; readonly steps?: number } = {},
): Minimum {
  const corner = (at: readonly number[]): Corner => {
    const value = f(at)
    return { at, value: Number.isNaN(value) ? Number.POSITIVE_INFINITY : value }
  }
  let best = corner(start)
  let left = steps
  while (left > 0) {
    const run = descend(corner, best, { tolerance, steps: left })
    left -= run.used
    const gained = best.value - run.best.value
    best = run.best
    if (!(gained > tolerance)) return { ...best, settled: left > 0 }
  }
  return { ...best, settled: false }
}

function descend(
  corner: (at: readonly number[]) => Corner,
  from: Corner,
  { tolerance, steps }: { readonly tolerance: number; readonly steps: number },
): { readonly best: Corner; readonly used: number } {
  const others = from.at.map((_, i) => corner(from.at.map((x, j) => (i === j ? x + FIRST_EDGE : x))))
  let corners = sorted([from, ...others])
  let used = 0
  for (; used < steps && !isSmall(corners, tolerance); used += 1) corners = sorted(stepped(corner, corners))
  return { best: corners[0]!, used: used + 1 }
}

function sorted(corners: readonly Corner[]): readonly Corner[] {
  return [...corners].sort((a, b) => a.value - b.value)
}

function isSmall(corners: readonly Corner[], tolerance: number): boolean {
  return corners.at(-1)!.value - corners[0]!.value <= tolerance
}

/** One step: the worst corner is replaced, or all draw near the best one. */
function stepped(corner: (at: readonly number[]) => Corner, corners: readonly Corner[]): readonly Corner[] {
  const [best, worst, rest] = [corners[0]!, corners.at(-1)!, corners.slice(0, -1)]
  const centre = best.at.map((_, i) => rest.reduce((sum, { at }) => sum + at[i]!, 0) / rest.length)
  const along = (share: number): Corner => corner(centre.map((x, i) => x + share * (x - worst.at[i]!)))
  const reflected = along(1)
  if (reflected.value < best.value) {
    const expanded = along(EXPAND)
    return [...rest, expanded.value < reflected.value ? expanded : reflected]
  }
  if (reflected.value < rest.at(-1)!.value) return [...rest, reflected]
  const contracted = along(reflected.value < worst.value ? CONTRACT : -CONTRACT)
  if (contracted.value < Math.min(reflected.value, worst.value)) return [...rest, contracted]
  return [
    best,
    ...corners.slice(1).map(({ at }) => corner(at.map((x, i) => best.at[i]! + CONTRACT * (x - best.at[i]!)))),
  ]
}

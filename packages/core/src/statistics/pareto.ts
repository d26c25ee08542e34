/** Something judged by two numbers of which more is better. */
export interface TwoGoals {
  readonly name: string
  readonly first: number
  readonly second: number
}

/**
 * Those that no other beats in one goal without losing in the other, in the order given; of equal ones all. Means alone decide: where they scatter, a small
 * lead is none, so show intervals beside.
 */
export function paretoSet<T extends TwoGoals>(points: readonly T[]): readonly T[] {
  const dominates = (a: T, b: T): boolean =>
    a.first >= b.first && a.second >= b.second && (a.first > b.first || a.second > b.second)
  return points.filter((point) => !points.some((other) => dominates(other, point)))
}

/**
 * Area of goals that at least one of the points reaches, above a reference point (the hypervolume of Zitzler & Thiele 1999, in two dimensions);
 * points below the reference in either goal add nothing.
 */
export function hypervolume(
  points: readonly Pick<TwoGoals, 'first' | 'second'>[],
  reference: Pick<TwoGoals, 'first' | 'second'>,
): number {
  const above = points
    .filter(({ first, second }) => first > reference.first && second > reference.second)
    .sort((a, b) => b.first - a.first || b.second - a.second)
  let [area, reached] = [0, reference.second]
  for (const { first, second } of above) {
    if (second <= reached) continue
    area += (first - reference.first) * (second - reached)
    reached = second
  }
  return area
}

// Each step halves the bracket at least: this many pass the last bit of any double.
const MOST_STEPS = 200

/** An end of a bracket: a place and the function there. */
interface End {
  readonly at: number
  readonly value: number
}

/**
 * A place in [low, high] where the continuous function `f` is 0, to within `tolerance`, by Ridders' method (1979, IEEE
 * Trans. Circuits Syst. 26, 979), which never leaves the bracket. Throws a RangeError unless `f` changes its sign in it.
 */
export function findRoot(
  f: (x: number) => number,
  bracket: { readonly low: number; readonly high: number; readonly tolerance?: number },
): number {
  const { tolerance = 1e-12 } = bracket
  const end = (at: number): End => ({ at, value: f(at) })
  let low = end(bracket.low)
  let high = end(bracket.high)
  if (low.value === 0) return low.at
  if (high.value === 0) return high.at
  if (Math.sign(low.value) !== -Math.sign(high.value)) {
    throw new RangeError(`f must change its sign in [${low.at}, ${high.at}], got ${low.value} and ${high.value}`)
  }
  for (let step = 0; step < MOST_STEPS && high.at - low.at > tolerance; step++) {
    const middle = end(low.at + (high.at - low.at) / 2)
    for (const inner of [middle, end(ridders(low, middle, high))]) {
      if (inner.value === 0) return inner.at
      ;[low, high] = narrowed(low, high, inner)
    }
  }
  return Math.abs(low.value) < Math.abs(high.value) ? low.at : high.at
}

/** The part of the bracket beside `inner` that keeps the change of sign; all of it where `inner` lies outside. */
function narrowed(low: End, high: End, inner: End): readonly [End, End] {
  if (!(inner.at > low.at && inner.at < high.at)) return [low, high]
  return Math.sign(inner.value) === Math.sign(low.value) ? [inner, high] : [low, inner]
}

/** Where the line through values that are straightened by an exponential crosses 0. */
function ridders(low: End, middle: End, high: End): number {
  const root = Math.sqrt(middle.value * middle.value - low.value * high.value)
  const step = ((middle.at - low.at) * Math.sign(low.value - high.value) * middle.value) / root
  return Number.isFinite(step) ? middle.at + step : middle.at
}

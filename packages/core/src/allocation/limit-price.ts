import { PalomaError } from '../domain/index.ts'

/** How a population answers prices, and what it may use. */
export interface LimitProblem {
  /** How many users there are; each uses a resource at most once. */
  readonly users: number
  /**
   * Expected use of each resource (Σ over users of the probability of its actions) at one price per resource. Falls, or
   * stays, when the resource's own price rises, and does not fall when another's does.
   */
  readonly probabilitiesAt: (prices: Float64Array) => Float64Array
  /** Most expected use, per resource; Infinity for none. */
  readonly limits: ArrayLike<number>
  /** How closely limits are used and prices found, as a share of each; e.g. 1e-3. */
  readonly tolerance: number
}

// A price above which no score matters: 2^60 on the value scale.
const LARGEST_PRICE = 2 ** 60
// Prices below this are 0 for every purpose: the first bracket begins here.
const SMALLEST_PRICE = 2 ** -40
// Prices only rise from sweep to sweep and converge geometrically; what is left then is closed by doubling the steps.
const SWEEPS = 40

/**
 * The smallest prices ≥ 0 at which expected use keeps every limit, up to the tolerance: one price at a time by safeguarded
 * interpolation, in Gauss–Seidel sweeps (Bertsekas & Tsitsiklis 1989, §3.3). Started at 0, prices rise monotonically when
 * resources are substitutes, as they are when each user takes one action. The answer always keeps the limits: where sweeps
 * do not get there, as when greedy users who are all alike change sides together, steps grow until it does, and what they
 * overshot is taken back. Throws LIMIT_BELOW_FLOOR when a resource is used beyond its limit even at a price
 * beyond all scores, as exploration floors make it, and LIMIT_INVALID for a limit that is negative or no number.
 */
export function pricesForLimits(problem: LimitProblem): Float64Array {
  checkLimits(problem)
  const prices = new Float64Array(problem.limits.length)
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const broken = brokenLimits(problem, prices)
    if (broken.length === 0) return prices
    for (const resource of broken) prices[resource] = priceFor(problem, prices, resource)
  }
  return lowerWhileKept(problem, raiseUntilKept(problem, prices))
}

function checkLimits({ limits }: LimitProblem): void {
  for (let m = 0; m < limits.length; m++) {
    if (!(limits[m]! >= 0))
      throw new PalomaError('LIMIT_INVALID', `limits[${m}] must be a number ≥ 0, got ${limits[m]}`)
  }
}

/** Resources whose expected use exceeds the limit at these prices; a limit of all users never binds. */
function brokenLimits({ users, probabilitiesAt, limits }: LimitProblem, prices: Float64Array): number[] {
  const binding = Array.from(limits, (_, m) => m).filter((m) => limits[m]! < users)
  if (binding.length === 0) return []
  const use = probabilitiesAt(prices)
  return binding.filter((m) => !(use[m]! <= limits[m]!))
}

function useAt({ probabilitiesAt }: LimitProblem, prices: Float64Array, own: readonly [number, number]): number {
  const [resource, price] = own
  return probabilitiesAt(prices.with(resource, price))[resource]!
}

/** Prices between which the limit begins to be kept: it is broken at `low` and kept at `high`. */
interface Bracket {
  readonly low: number
  readonly high: number
  readonly useLow: number
  readonly useHigh: number
}

/** The smallest price of one resource, the others being fixed, that keeps its limit; its present price breaks it. */
function priceFor(problem: LimitProblem, prices: Float64Array, resource: number): number {
  return narrowed(problem, prices, { resource, bracket: bracketFor(problem, prices, resource) })
}

/** The upper end of a bracket that was made as narrow as the tolerance asks, or until the limit is used that closely. */
function narrowed(
  problem: LimitProblem,
  prices: Float64Array,
  start: { readonly resource: number; readonly bracket: Bracket },
): number {
  const { resource } = start
  const limit = problem.limits[resource]!
  const { tolerance } = problem
  let { bracket } = start
  let isHalving = false
  while (bracket.high - bracket.low > tolerance * bracket.high && bracket.useHigh <= limit * (1 - tolerance)) {
    const price: number = isHalving ? middleOf(bracket) : interpolated(bracket, limit * (1 - tolerance / 2))
    const use = useAt(problem, prices, [resource, price])
    const next: Bracket =
      use > limit ? { ...bracket, low: price, useLow: use } : { ...bracket, high: price, useHigh: use }
    isHalving = !isHalving && next.high - next.low > (bracket.high - bracket.low) / 2
    bracket = next
  }
  return bracket.high
}

/** Steps up from the present price, each step longer than all before, until the limit is kept. */
function bracketFor(problem: LimitProblem, prices: Float64Array, resource: number): Bracket {
  const limit = problem.limits[resource]!
  let low = prices[resource]!
  let useLow = useAt(problem, prices, [resource, low])
  for (let step = Math.max(4 * problem.tolerance * low, SMALLEST_PRICE); ; step *= step < low ? 8 : 256) {
    const high = Math.min(low + step, LARGEST_PRICE)
    const useHigh = useAt(problem, prices, [resource, high])
    if (useHigh <= limit) return { low, high, useLow, useHigh }
    if (high === LARGEST_PRICE) throw belowFloor({ resource, minimum: useHigh, limit })
    low = high
    useLow = useHigh
  }
}

/** Where log use meets the target on the chord of the bracket; its middle where the chord says nothing. */
function interpolated(bracket: Bracket, target: number): number {
  const { low, high, useLow, useHigh } = bracket
  const share = Math.log(useLow / target) / Math.log(useLow / useHigh)
  const price = low + share * (high - low)
  return price > low && price < high ? price : middleOf(bracket)
}

/** The geometric mean while the bracket spans orders of magnitude, else the arithmetic one. */
function middleOf({ low, high }: Bracket): number {
  return low > 0 && high > 4 * low ? Math.sqrt(low * high) : (low + high) / 2
}

/** Raises the prices of broken limits by steps that double, until every limit is kept. */
function raiseUntilKept(problem: LimitProblem, prices: Float64Array): Float64Array {
  const raised = Float64Array.from(prices)
  for (let step = problem.tolerance; ; step *= 2) {
    const broken = brokenLimits(problem, raised)
    if (broken.length === 0) return raised
    for (const resource of broken) {
      const price = raised[resource]!
      if (price >= LARGEST_PRICE) {
        const minimum = useAt(problem, raised, [resource, price])
        throw belowFloor({ resource, minimum, limit: problem.limits[resource]! })
      }
      raised[resource] = Math.min(Math.max(price, SMALLEST_PRICE) * (1 + step), LARGEST_PRICE)
    }
  }
}

/**
 * Takes back what doubled steps overshot: lowers one price at a time to the least that keeps its own limit. The others
 * are only relieved by that, so every limit stays kept, and prices fall until a whole sweep moves none.
 */
function lowerWhileKept(problem: LimitProblem, prices: Float64Array): Float64Array {
  const lowered = Float64Array.from(prices)
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const before = Float64Array.from(lowered)
    for (let resource = 0; resource < lowered.length; resource++) {
      lowered[resource] = leastPrice(problem, lowered, resource)
    }
    if (lowered.every((price, m) => price >= before[m]! * (1 - problem.tolerance))) break
  }
  return lowered
}

/** The least price that keeps the resource's limit, the others being fixed; its present price keeps it. */
function leastPrice(problem: LimitProblem, prices: Float64Array, resource: number): number {
  const high = prices[resource]!
  if (high === 0) return 0
  const useLow = useAt(problem, prices, [resource, 0])
  if (useLow <= problem.limits[resource]!) return 0
  const useHigh = useAt(problem, prices, [resource, high])
  return narrowed(problem, prices, { resource, bracket: { low: 0, high, useLow, useHigh } })
}

function belowFloor(use: { readonly resource: number; readonly minimum: number; readonly limit: number }): PalomaError {
  return new PalomaError(
    'LIMIT_BELOW_FLOOR',
    `limits[${use.resource}] must be at least ${use.minimum}, which is used at any price, got ${use.limit}`,
    { hint: 'raise the limit, or lower the exploration floor of the policies that use it' },
  )
}

import { PalomaError } from '../domain/index.ts'

/** What every action keeps at least and gets at most; columns parallel to the actions. */
export interface ProbabilityBounds {
  readonly lower: Float64Array
  readonly upper: Float64Array
}

// 2^±60 times the given probabilities: beyond it a bound decides every entry that is not 0.
const REACH = 60
// Bisections of the exponent: its error, 120 / 2^70, is below the last bit.
const BISECTIONS = 70

/**
 * The distribution nearest to `probabilities` in relative entropy within the bounds: p_k = clip(c · q_k, lower_k, upper_k)
 * with the c that gives sum 1 (Csiszár 1975, I-projection on a box). What a cap takes goes to the others in proportion to
 * what they have; actions with probability 0 share alike what nobody else may take. Throws BOUNDS_INFEASIBLE when the lower
 * ends sum to more than 1, the upper ones to less, or an end is out of order.
 */
export function projectOnBounds(probabilities: Float64Array, bounds: ProbabilityBounds): Float64Array {
  checkBounds(probabilities, bounds)
  let low = -REACH
  let high = REACH
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (low + high) / 2
    if (totalAt(probabilities, bounds, 2 ** middle) < 1) low = middle
    else high = middle
  }
  const scaled = clipAt(probabilities, bounds, 2 ** high)
  return settle(scaled, bounds)
}

function checkBounds(probabilities: Float64Array, { lower, upper }: ProbabilityBounds): void {
  let least = 0
  let most = 0
  for (let k = 0; k < probabilities.length; k++) {
    if (!(lower[k]! >= 0 && lower[k]! <= upper[k]!)) {
      throw infeasible(`lower[${k}] must be in [0, upper[${k}] = ${upper[k]}], got ${lower[k]}`)
    }
    least += lower[k]!
    most += upper[k]!
  }
  if (least > 1 + ROUNDING) throw infeasible(`lower must sum to at most 1, got ${least}`)
  if (!(most >= 1 - ROUNDING)) throw infeasible(`upper must sum to at least 1, got ${most}`)
}

// Bounds that were meant to sum to 1 may miss it by this much.
const ROUNDING = 1e-9

function infeasible(message: string): PalomaError {
  return new PalomaError('BOUNDS_INFEASIBLE', message, { hint: 'lower the floors or raise the caps' })
}

function clipAt(probabilities: Float64Array, { lower, upper }: ProbabilityBounds, factor: number): Float64Array {
  return probabilities.map((p, k) => Math.min(Math.max(factor * p, lower[k]!), upper[k]!))
}

function totalAt(probabilities: Float64Array, bounds: ProbabilityBounds, factor: number): number {
  let total = 0
  for (let k = 0; k < probabilities.length; k++) {
    total += Math.min(Math.max(factor * probabilities[k]!, bounds.lower[k]!), bounds.upper[k]!)
  }
  return total
}

/** Hands out what is missing to 1 (or takes what is too much) in proportion to the room that is left. */
function settle(probabilities: Float64Array, { lower, upper }: ProbabilityBounds): Float64Array {
  let total = 0
  for (const p of probabilities) total += p
  const missing = 1 - total
  const room = (p: number, k: number): number => (missing > 0 ? upper[k]! - p : p - lower[k]!)
  let rooms = 0
  probabilities.forEach((p, k) => {
    rooms += room(p, k)
  })
  if (rooms <= 0) return probabilities
  return probabilities.map((p, k) => p + (missing * room(p, k)) / rooms)
}

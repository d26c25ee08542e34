import { PalomaError } from '../domain/index.ts'
import { addRow, type FractionalPool, finishRows, fractionalPool } from './fractional-pool.ts'

/** One distribution over actions per user, and which limited resource each action uses. */
export interface RoundingProblem {
  /** users × actions, row-major; every row is ≥ 0 and sums to 1. */
  readonly probabilities: Float64Array
  readonly actions: number
  /** Per action: its resource in [0, resources), or −1 when it is unlimited. */
  readonly resourceOf: Int32Array
  readonly resources: number
  readonly random: () => number
}

// A row sum further from 1 than this is no distribution.
const SUM_TOLERANCE = 1e-6

/**
 * Dependent rounding (Gandhi, Khuller, Parthasarathy & Srinivasan 2006, §2; for one resource the purpose of Madow's 1949
 * systematic sampling): draws one action per user so that each action's chance is exactly the given one and the number of
 * users per resource is the floor or the ceiling of its expected number, so that a limit at or above the expectation,
 * rounded up, is kept with certainty. Choices of different users are not independent (negatively correlated within a
 * resource). Time O(users × (actions + resources²)), memory O(users + resources²). Returns the action per user. Throws
 * PROBABILITIES_INVALID naming the entry or row, RESOURCE_UNKNOWN naming the action.
 */
export function dependentRounding(problem: RoundingProblem): Int32Array {
  const { probabilities, actions, resources, random } = problem
  checkResources(problem)
  const users = probabilities.length / actions
  const chosen = new Int32Array(users)
  const pool = fractionalPool(resources + 1, random, (user, group) => {
    if (user < users) chosen[user] = drawWithin(problem, user, group)
  })
  const fractions = new Float64Array(resources + 1)
  for (let user = 0; user < users; user++) {
    const shares = sharesOf(problem, user)
    for (let g = 0; g <= resources; g++) fractions[g] = (fractions[g]! + shares[g]!) % 1
    addRow(pool, user, shares)
  }
  closeTotals(pool, users, fractions)
  return chosen
}

/** A last row fills every group up to an integer; then no row can stay fractional, and counts are floor or ceiling. */
function closeTotals(pool: FractionalPool, row: number, fractions: Float64Array): void {
  addRow(
    pool,
    row,
    fractions.map((fraction) => (1 - fraction) % 1),
  )
  finishRows(pool)
}

/** Probability of each resource, and last of none of them, for one user. */
function sharesOf({ probabilities, actions, resourceOf, resources }: RoundingProblem, user: number): Float64Array {
  const shares = new Float64Array(resources + 1)
  let sum = 0
  for (let a = 0; a < actions; a++) {
    const probability = probabilities[user * actions + a]!
    if (!(probability >= 0)) throw invalid(`probabilities[${user}][${a}] must be a number ≥ 0, got ${probability}`)
    const group = resourceOf[a]! < 0 ? resources : resourceOf[a]!
    shares[group] = shares[group]! + probability
    sum += probability
  }
  if (Math.abs(sum - 1) > SUM_TOLERANCE) throw invalid(`probabilities[${user}] must sum to 1, got ${sum}`)
  for (let g = 0; g <= resources; g++) shares[g] = shares[g]! / sum
  return shares
}

/** One of the user's actions that use this resource, by their conditional probability. */
function drawWithin(problem: RoundingProblem, user: number, group: number): number {
  const { probabilities, actions, resourceOf, resources, random } = problem
  const matches = (a: number): boolean => (resourceOf[a]! < 0 ? resources : resourceOf[a]!) === group
  let total = 0
  for (let a = 0; a < actions; a++) if (matches(a)) total += probabilities[user * actions + a]!
  const target = random() * total
  let sum = 0
  let last = -1
  for (let a = 0; a < actions; a++) {
    const probability = probabilities[user * actions + a]!
    if (!(matches(a) && probability > 0)) continue
    sum += probability
    last = a
    if (target < sum) break
  }
  return last
}

function checkResources({ probabilities, actions, resourceOf, resources }: RoundingProblem): void {
  if (actions < 1 || probabilities.length % actions !== 0) {
    throw invalid(`probabilities.length must be a multiple of actions (${actions}), got ${probabilities.length}`)
  }
  for (let a = 0; a < actions; a++) {
    const resource = resourceOf[a]
    if (resource !== undefined && resource >= -1 && resource < resources) continue
    throw new PalomaError('RESOURCE_UNKNOWN', `resourceOf[${a}] must be in [-1, ${resources}), got ${resource}`)
  }
}

function invalid(message: string): PalomaError {
  return new PalomaError('PROBABILITIES_INVALID', message, {
    hint: 'one distribution over actions per user, row by row',
  })
}

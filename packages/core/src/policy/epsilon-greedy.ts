import { greedy } from './greedy.ts'
import { mixFloor } from './mix-floor.ts'

/** ε-greedy (Sutton & Barto 2018, §2.2): the best score with 1 − epsilon, any action with epsilon / K. */
export function epsilonGreedy(scores: Float64Array, epsilon: number): Float64Array {
  return mixFloor(greedy(scores), epsilon)
}

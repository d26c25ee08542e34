import { packedLength, quadraticForm } from '../numeric/index.ts'
import type { Effect } from './effect.ts'
import { effectQuantile } from './effect-interval.ts'

/** Effects on several metrics, their covariance matrix (packed), and the degrees of freedom they are read with. */
export interface JointEffects {
  readonly effects: readonly number[]
  readonly covariance: Float64Array
  readonly dof: number | null
}

/** The weighted sum of effects. Shipping by it asks for `lowerBound` > 0, beside every guardrail. */
export interface JointUtility {
  readonly utility: Effect
  /** One-sided at `level`; null where there is no standard error. */
  readonly lowerBound: number | null
}

/** A declared weight and how far it might be off. */
export interface WeightRange {
  readonly low: number
  readonly high: number
}

// 2^16 corners of a box take a fraction of a second.
const MOST_RANGES = 16

/**
 * u = w'δ with variance w'Σw: what several metrics together are worth, in the unit of the weights, and its one-sided lower
 * bound at `level`. Weights are per unit of each metric and need not sum to 1. `no-weight` where all are 0.
 */
export function jointUtility(joint: JointEffects, weights: readonly number[], level: number): JointUtility {
  checkLengths(joint, weights.length)
  if (weights.every((weight) => weight === 0)) return withoutUtility('no-weight', null)
  const effect = weights.reduce((sum, weight, i) => sum + weight * joint.effects[i]!, 0)
  const variance = quadraticForm(joint.covariance, weights)
  if (!Number.isFinite(effect) || !Number.isFinite(variance)) return withoutUtility('not-finite', null)
  if (!(variance > 0)) return withoutUtility('zero-variance', effect)
  const stdError = Math.sqrt(variance)
  return {
    utility: { kind: 'effect', effect, stdError, dof: joint.dof },
    lowerBound: effect - effectQuantile(level, joint.dof) * stdError,
  }
}

function withoutUtility(reason: 'no-weight' | 'not-finite' | 'zero-variance', effect: number | null): JointUtility {
  return { utility: { kind: 'undefined', reason, effect }, lowerBound: null }
}

/** The least favourable weights of a set, and the bound there. */
export interface RobustUtility extends JointUtility {
  readonly weights: readonly number[]
  readonly lowerBound: number
}

/**
 * The smallest lower bound over all mixtures of `vertices` (weight vectors that span what the owner might have meant). The bound
 * w'δ − z √(w'Σw) is concave in w, so its minimum over a polytope lies at a vertex. Where all weights are 0 it is 0: nothing is worth anything there.
 * Null where a vertex has no bound, or there is none: what is not known at one corner is not known of the set.
 */
export function robustUtility(
  joint: JointEffects,
  vertices: readonly (readonly number[])[],
  level: number,
): RobustUtility | null {
  let worst: RobustUtility | null = null
  for (const weights of vertices) {
    const found = jointUtility(joint, weights, level)
    const isNothing = found.utility.kind === 'undefined' && found.utility.reason === 'no-weight'
    const lowerBound = isNothing ? 0 : found.lowerBound
    if (lowerBound === null) return null
    if (worst === null || lowerBound < worst.lowerBound) worst = { ...found, lowerBound, weights }
  }
  return worst
}

/** The corners of a box of weights; ranges of no width do not double them. Throws a RangeError for more than 16 ranges with width. */
export function boxVertices(ranges: readonly WeightRange[]): readonly (readonly number[])[] {
  const wrong = ranges.find(({ low, high }) => !(low <= high))
  if (wrong !== undefined)
    throw new RangeError(`range of a weight must have low ≤ high, got ${wrong.low} to ${wrong.high}`)
  const wide = ranges.filter(({ low, high }) => low < high).length
  if (wide > MOST_RANGES) throw new RangeError(`ranges with width must be at most ${MOST_RANGES}, got ${wide}`)
  let vertices: readonly (readonly number[])[] = [[]]
  for (const { low, high } of ranges) {
    const ends = low === high ? [low] : [low, high]
    vertices = vertices.flatMap((vertex) => ends.map((end) => [...vertex, end]))
  }
  return vertices
}

/** Where two metrics pull against each other: how many units of `metric` one unit of `against` may cost. */
export interface BreakEven {
  readonly metric: number
  readonly against: number
  /** Weight of `against` ÷ weight of `metric` at which the two effects cancel; null where they do not oppose. */
  readonly ratio: number | null
}

/** The break-even weight of each pair of metrics: −δ_i / δ_j where the signs differ. */
export function breakEvenWeights(effects: readonly number[]): readonly BreakEven[] {
  return effects.flatMap((one, metric) =>
    effects.slice(metric + 1).map((other, k) => {
      const isOpposed = one * other < 0
      return { metric, against: metric + 1 + k, ratio: isOpposed ? -one / other : null }
    }),
  )
}

/** What simultaneous intervals say over all metrics: better on some and worse on none is `dominates`. */
export type ParetoStatus = 'dominates' | 'dominated' | 'trade-off' | 'unclear'

/**
 * Pareto status from simultaneous intervals of gains (turned so that more is better; infinite ends are fine). `dominates`: proven
 * better somewhere and proven worse nowhere, which is not a proof that nothing is lost: non-inferiority tests are.
 */
export function paretoStatus(intervals: readonly { readonly low: number; readonly high: number }[]): ParetoStatus {
  const isBetter = intervals.some(({ low }) => low > 0)
  const isWorse = intervals.some(({ high }) => high < 0)
  if (isBetter && isWorse) return 'trade-off'
  if (isBetter) return 'dominates'
  return isWorse ? 'dominated' : 'unclear'
}

function checkLengths({ effects, covariance }: JointEffects, weights: number): void {
  if (weights !== effects.length) {
    throw new RangeError(`weights must have one entry per effect, got ${weights} for ${effects.length}`)
  }
  if (covariance.length !== packedLength(effects.length)) {
    throw new RangeError(`covariance must have ${packedLength(effects.length)} entries, got ${covariance.length}`)
  }
}

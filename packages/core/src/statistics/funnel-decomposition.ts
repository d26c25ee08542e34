import { neumaierSum } from '../numeric/index.ts'
import type { Arms } from './adjustment.ts'
import type { Effect } from './effect.ts'
import type { UndefinedReason } from './estimate.ts'
import { bilinearForm } from './transform-moments.ts'
import type { VectorMoments } from './vector-moments.ts'

/** An effect on the end of a funnel, taken apart by its steps; `total.effect` is their sum. */
export type FunnelDecomposition =
  | { readonly kind: 'decomposition'; readonly steps: readonly Effect[]; readonly total: Effect }
  | { readonly kind: 'undefined'; readonly reason: UndefinedReason }

/**
 * The additive logarithmic-mean Divisia index (LMDI-I, Ang 2005, eq. 5): the end V of a funnel is a product of step ratios x_i = c_i / c_{i−1}
 * of the mean per user at stage i and before, and step i adds L(V₁, V₀) ln(x₁ᵢ / x₀ᵢ), L the logarithmic mean; no rest.
 * `stages` are columns from the first stage to the last; the first is compared with the number of users. Standard errors by the delta
 * method on the stages' covariance. `zero-baseline` where a stage's mean is not > 0 in an arm: there is no such step.
 */
export function funnelDecomposition({ treatment, control }: Arms, stages: readonly number[]): FunnelDecomposition {
  if (treatment.n < 2 || control.n < 2 || stages.length === 0) return { kind: 'undefined', reason: 'too-few-units' }
  const [a, b] = [treatment, control].map((arm) => stages.map((column) => arm.mean[column]!))
  if (![...a!, ...b!].every(Number.isFinite)) return { kind: 'undefined', reason: 'not-finite' }
  if ([...a!, ...b!].some((mean) => mean <= 0)) return { kind: 'undefined', reason: 'zero-baseline' }
  const ends = [a!.at(-1)!, b!.at(-1)!] as const
  const scale = logarithmicMean(...ends)
  const change = (i: number) => Math.log(a![i]! / b![i]!) - (i === 0 ? 0 : Math.log(a![i - 1]! / b![i - 1]!))
  const steps = stages.map((_, i) => ({ value: scale.value * change(i), byScale: change(i), i }))
  const arms = { treatment, control, stages, scale }
  return {
    kind: 'decomposition',
    steps: steps.map((step) => effectOf(arms, [step])),
    total: effectOf(arms, steps),
  }
}

interface LogarithmicMean {
  readonly value: number
  /** Slopes in the two ends. */
  readonly slopes: readonly [number, number]
}

// Closer ends than this lose digits in (a − b) / ln(a / b); a series then has 1e-12.
const NEAR = 1e-3

/** L(a, b) = (a − b) / ln(a / b), with L(a, a) = a. */
function logarithmicMean(a: number, b: number): LogarithmicMean {
  const log = Math.log(a / b)
  if (Math.abs(log) < NEAR) {
    // √(ab) · sinh(x/2) / (x/2), x = ln(a / b).
    const middle = Math.sqrt(a * b)
    const value = middle * (1 + log ** 2 / 24 + log ** 4 / 1920)
    const bend = middle * (log / 12 + log ** 3 / 480)
    return { value, slopes: [(value / 2 + bend) / a, (value / 2 - bend) / b] }
  }
  const value = (a - b) / log
  return { value, slopes: [(1 - value / a) / log, (value / b - 1) / log] }
}

interface FunnelStep {
  readonly value: number
  /** ln(x₁ / x₀): the slope of the part in L. */
  readonly byScale: number
  readonly i: number
}

function effectOf(
  funnel: Arms & { readonly stages: readonly number[]; readonly scale: LogarithmicMean },
  steps: readonly FunnelStep[],
): Effect {
  const effect = neumaierSum(steps.map((step) => step.value))
  const variance =
    varianceIn(funnel.treatment, { ...funnel, steps, side: 0 }) +
    varianceIn(funnel.control, { ...funnel, steps, side: 1 })
  if (!Number.isFinite(variance)) return { kind: 'undefined', reason: 'not-finite', effect }
  if (!(variance > 0)) return { kind: 'undefined', reason: 'zero-variance', effect }
  return { kind: 'effect', effect, stdError: Math.sqrt(variance), dof: null }
}

function varianceIn(
  arm: VectorMoments,
  part: {
    readonly stages: readonly number[]
    readonly scale: LogarithmicMean
    readonly steps: readonly FunnelStep[]
    readonly side: 0 | 1
  },
): number {
  const { stages, scale, steps, side } = part
  const slopes = new Float64Array(arm.mean.length)
  const add = (column: number, slope: number): void => {
    slopes[column] = slopes[column]! + slope
  }
  const sign = side === 0 ? 1 : -1
  for (const { byScale, i } of steps) {
    add(stages.at(-1)!, byScale * scale.slopes[side])
    add(stages[i]!, (sign * scale.value) / arm.mean[stages[i]!]!)
    if (i > 0) add(stages[i - 1]!, (-sign * scale.value) / arm.mean[stages[i - 1]!]!)
  }
  return bilinearForm(arm.cross, slopes, slopes) / (arm.n - 1) / arm.n
}

import {
  differenceInterval,
  type Effect,
  type Estimate,
  effectInterval,
  effectPValue,
  type Moments,
  mergeMoments,
  momentsOf,
  NO_MOMENTS,
  referenceDof,
  sampleVariance,
} from '../statistics/index.ts'
import { scoreDifferences } from './effect-proxy.ts'
import { armSizes, type ExperimentUsers, orderOfKeys, usersAt } from './experiment-users.ts'
import { splitUsers } from './split-users.ts'

/** The effect on users of one value of a column that was named beforehand. */
export interface SegmentEffect {
  readonly value: string
  readonly users: number
  /** In the metric's unit. */
  readonly effect: Estimate
  /** p of no effect on them; null without an interval. */
  readonly pValue: number | null
  /** The effect on them less that on everybody else. */
  readonly against: Estimate
  /** p of no difference from everybody else. */
  readonly differencePValue: number | null
}

const FOLDS = 5
/** Fewer users of either variant in a segment leave its effect to the model alone. */
export const LEAST_SEGMENT_USERS = 20

/**
 * Effects by segment: means of doubly robust scores, whose regressions are cross-fitted (Robins, Rotnitzky & Zhao 1994; Semenova &
 * Chernozhukov 2021, for groups), with Student's intervals, and differences from everybody else with Welch's. Unbiased for any regression, because the chances are
 * known. Says nothing of segments chosen after looking, and many of them find something by chance: correct the p values over all. A segment
 * with fewer than 20 users of either variant has `too-few-units`. The same for the same users in any order.
 */
export function segmentEffects(
  given: ExperimentUsers,
  values: readonly string[],
  { level, seed }: { readonly level: number; readonly seed: string },
): readonly SegmentEffect[] {
  const order = orderOfKeys(given.keys)
  const users = usersAt(given, order)
  const own = order.map((i) => values[i]!)
  const foldOf = splitUsers(users.treated, Array<number>(FOLDS).fill(1 / FOLDS), `${seed} segments`)
  const scores = scoreDifferences(users, foldOf, FOLDS)
  const placesOf = new Map<string, number[]>()
  own.forEach((value, i) => {
    const places = placesOf.get(value)
    if (places === undefined) placesOf.set(value, [i])
    else places.push(i)
  })
  const names = [...placesOf.keys()].sort()
  const moments = names.map((name) => momentsOf(placesOf.get(name)!.map((i) => scores[i]!)))
  return names.map((value, k) => {
    const sizes = armSizes(placesOf.get(value)!.map((i) => users.treated[i]!))
    const rest = moments.reduce((sum, each, j) => (j === k ? sum : mergeMoments(sum, each)), NO_MOMENTS)
    const isSmall = Math.min(...sizes) < LEAST_SEGMENT_USERS
    const effect = isSmall ? TOO_FEW : effectOf(moments[k]!)
    const against = isSmall || rest.n < 2 ? TOO_FEW_ESTIMATE : differenceInterval(moments[k]!, rest, level)
    return {
      value,
      users: moments[k]!.n,
      effect: effectInterval(effect, { level }),
      pValue: effectPValue(effect, { alternative: 'different' }),
      against,
      differencePValue: pOf(against),
    }
  })
}

const TOO_FEW: Effect = { kind: 'undefined', reason: 'too-few-units', effect: null }
const TOO_FEW_ESTIMATE: Estimate = { kind: 'undefined', reason: 'too-few-units', mean: null }

function effectOf(moments: Moments): Effect {
  const variance = sampleVariance(moments) ?? 0
  if (!(variance > 0)) return { kind: 'undefined', reason: 'zero-variance', effect: moments.mean }
  const stdError = Math.sqrt(variance / moments.n)
  return { kind: 'effect', effect: moments.mean, stdError, dof: referenceDof(moments.n - 1) }
}

function pOf(estimate: Estimate): number | null {
  if (estimate.kind === 'undefined') return null
  const { mean, stdError, dof } = estimate
  return effectPValue({ kind: 'effect', effect: mean, stdError, dof }, { alternative: 'different' })
}

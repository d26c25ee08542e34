import { findRoot } from '../numeric/index.ts'
import { checkedEffect } from './checked-effect.ts'
import type { Effect } from './effect.ts'
import { effectBounds, effectScore, valueAtScore } from './effect-interval.ts'
import { type Estimate, type UndefinedReason, undefinedEstimate } from './estimate.ts'
import type { GroupSequentialBounds } from './group-sequential-bounds.ts'
import { followPaths, type SequentialPaths, testingLooks } from './sequential-power.ts'
import { lowerExit, upperExit } from './sequential-recursion.ts'

/** What may be said of an effect at the look where a group sequential test stands. */
export type StagewiseEstimate =
  | {
      readonly kind: 'stagewise'
      /** Too large and too small equally often, unlike the plain effect after an early stop. */
      readonly medianUnbiased: number
      readonly low: number
      readonly high: number
      /** One-sided, of an effect above the tested value. */
      readonly pValue: number
      /** The bound was crossed before the planned end: the plain effect lies too far out on average. */
      readonly stoppedEarly: boolean
    }
  | { readonly kind: 'undefined'; readonly reason: UndefinedReason; readonly effect: number | null }

/**
 * Effect ± bound · SE at the last look: a repeated confidence interval (Jennison & Turnbull 1989), right at all looks
 * together whether or not the test stops, at level 1 − 2α for a one-sided test of error α, 1 − α for a two-sided one.
 * `no-test` where the last look took none. Wide at early looks.
 */
export function repeatedInterval(bounds: GroupSequentialBounds, given: Effect): Estimate {
  const effect = checkedEffect(given)
  if (effect.kind === 'undefined') return undefinedEstimate(effect.reason, effect.effect)
  const bound = bounds.looks.at(-1)?.bound ?? null
  if (bound === null) return undefinedEstimate('no-test', effect.effect)
  const { effect: mean, stdError, dof } = effect
  return { kind: 'estimate', mean, ...effectBounds(effect, bound), stdError, dof }
}

// Drifts whose p differs from any level by less than 1e-9 lie within so many standard errors of Z.
const REACH = 8
const TOLERANCE = 1e-7

/**
 * Median-unbiased estimate, p value and interval after a group sequential test has stopped, by the stage-wise ordering
 * (Tsiatis, Rosner & Mehta 1984; Jennison & Turnbull 2000, §8.4): an earlier crossing is more extreme than a later one,
 * and Z decides within a look. `effect` is that at the last look of `bounds`, where the test stopped: nothing was
 * crossed before. Each end is at `alpha` (the test's error on one side unless said), so after a crossing, or at the end,
 * the lower one excludes the tested value `at` just where the bound was crossed. Needs nothing of looks that never took
 * place. Normal throughout: not for some dozens of units.
 */
export function stagewiseEstimate(
  bounds: GroupSequentialBounds,
  given: Effect,
  options: { readonly at?: number; readonly alpha?: number } = {},
): StagewiseEstimate {
  const effect = checkedEffect(given)
  if (effect.kind === 'undefined') return effect
  const { at = 0, alpha = bounds.alpha / bounds.sides } = options
  const looks = testingLooks(bounds)
  const last = bounds.looks.at(-1)
  const look = looks.at(-1)
  if (look === undefined || last?.bound !== look.bound)
    return { kind: 'undefined', reason: 'no-test', effect: effect.effect }
  const z = effectScore(effect, at)
  const paths = followPaths(bounds)
  const tail = (drift: number) => upperTail(paths, z, drift)
  const { fraction } = look
  const effectWhere = (p: number) => {
    const score = z - Math.sqrt(fraction) * driftWhere(tail, p, { z, fraction })
    return valueAtScore(effect, score)
  }
  return {
    kind: 'stagewise',
    medianUnbiased: effectWhere(0.5),
    low: effectWhere(alpha),
    high: effectWhere(1 - alpha),
    pValue: tail(0),
    stoppedEarly: isCrossed(z, look.bound, bounds.sides) && look.spent < bounds.alpha / bounds.sides,
  }
}

function isCrossed(z: number, bound: number, sides: 1 | 2): boolean {
  return z >= bound || (sides === 2 && z <= -bound)
}

/** P(an outcome at least as far up as Z = z at the last look) in the stage-wise ordering; rises with the drift. */
function upperTail({ looks, before, sides }: SequentialPaths, z: number, drift: number): number {
  const last = looks.length - 1
  let above = 0
  let below = 0
  for (const [k, { fraction: time, bound }] of looks.slice(0, last).entries()) {
    above += upperExit(before[k]!, { time, z: bound }, drift)
    if (sides === 2) below += lowerExit(before[k]!, { time, z: -bound }, drift)
  }
  const { fraction: time, bound } = looks[last]!
  // Stopped below: what lies lower is counted instead, for the paths that would have gone on are above.
  if (sides === 2 && z <= -bound) return 1 - below - lowerExit(before[last]!, { time, z }, drift)
  return above + upperExit(before[last]!, { time, z }, drift)
}

function driftWhere(
  tail: (drift: number) => number,
  p: number,
  { z, fraction }: { readonly z: number; readonly fraction: number },
): number {
  const root = Math.sqrt(fraction)
  return findRoot((drift) => tail(drift) - p, {
    low: (z - REACH) / root,
    high: (z + REACH) / root,
    tolerance: TOLERANCE,
  })
}

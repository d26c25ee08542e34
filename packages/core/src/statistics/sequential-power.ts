import { findRoot, normalQuantile } from '../numeric/index.ts'
import {
  type GroupSequentialBounds,
  type GroupSequentialDesign,
  groupSequentialBounds,
  type SequentialLook,
} from './group-sequential-bounds.ts'
import { advance, lowerExit, type SequentialState, START, upperExit } from './sequential-recursion.ts'

/** A look that tests. */
export type TestingLook = SequentialLook & { readonly bound: number }

/** Where a group sequential test stops, under some drift: Z at information fraction t is N(drift √t, 1). */
export interface ExitProbabilities {
  /** Looks that test. */
  readonly looks: readonly TestingLook[]
  /** P(first outside at this look, above), one per look. */
  readonly upper: readonly number[]
  /** The same below; 0 for a one-sided test. */
  readonly lower: readonly number[]
}

/** Looks at which a test takes place. */
export function testingLooks(bounds: GroupSequentialBounds): readonly TestingLook[] {
  return bounds.looks.flatMap((look) => (look.bound === null ? [] : [{ ...look, bound: look.bound }]))
}

/** The looks of a test, and the motion before each of them: what holds under every drift. */
export interface SequentialPaths {
  readonly looks: readonly TestingLook[]
  readonly before: readonly SequentialState[]
  readonly sides: 1 | 2
}

/** Follows the motion through the looks of a test. */
export function followPaths(bounds: GroupSequentialBounds): SequentialPaths {
  const { sides } = bounds
  const looks = testingLooks(bounds)
  const before: SequentialState[] = []
  let state = START
  for (const [k, { fraction: time, bound }] of looks.entries()) {
    before.push(state)
    const region = { low: sides === 2 ? -bound : Number.NEGATIVE_INFINITY, high: bound }
    if (k < looks.length - 1) state = advance(state, { time, nextTime: looks[k + 1]!.fraction, region })
  }
  return { looks, before, sides }
}

/** Where the test stops if the effect is `drift` standard errors at information fraction 1. */
export function exitProbabilities({ looks, before, sides }: SequentialPaths, drift: number): ExitProbabilities {
  const upper = looks.map(({ fraction, bound }, k) => upperExit(before[k]!, { time: fraction, z: bound }, drift))
  const lower = looks.map(({ fraction, bound }, k) =>
    sides === 2 ? lowerExit(before[k]!, { time: fraction, z: -bound }, drift) : 0,
  )
  return { looks, upper, lower }
}

/** What a group sequential design does under one drift. */
export interface SequentialPower {
  /** P(the test stops above). */
  readonly power: number
  /** Expected information at the stop, in units of the planned maximum. */
  readonly expectedFraction: number
}

/** Power and expected information (with units that come evenly: expected sample size) of a design under a drift. */
export function sequentialPower(bounds: GroupSequentialBounds, drift: number): SequentialPower {
  return powerAlong(followPaths(bounds), drift)
}

/** The same along paths that were followed before: another drift costs next to nothing. */
export function powerAlong(paths: SequentialPaths, drift: number): SequentialPower {
  const { looks, upper, lower } = exitProbabilities(paths, drift)
  let power = 0
  let going = 1
  let expectedFraction = 0
  for (const [k, { fraction }] of looks.entries()) {
    const stops = upper[k]! + lower[k]!
    power += upper[k]!
    expectedFraction += fraction * stops
    going -= stops
  }
  return { power, expectedFraction: expectedFraction + (looks.at(-1)?.fraction ?? 0) * Math.max(0, going) }
}

// Drift of a fixed test with α = 1e-9 and power 1 − 1e-9 is 12.
const MOST_DRIFT = 40

/** The drift that a design's looks find with this power. Throws a RangeError for a power not in (α of one side, 1). */
export function driftForPower(bounds: GroupSequentialBounds, power: number): number {
  const side = bounds.alpha / bounds.sides
  if (!(power > side && power < 1)) throw new RangeError(`power must be in (${side}, 1), got ${power}`)
  const paths = followPaths(bounds)
  const excess = (drift: number) => powerAlong(paths, drift).power - power
  return findRoot(excess, { low: 0, high: MOST_DRIFT, tolerance: 1e-9 })
}

/** How much more information (units) a group sequential test needs at most than a fixed one of the same level and power. */
export function sequentialInflation(design: GroupSequentialDesign, power: number): number {
  const bounds = groupSequentialBounds({ isFinal: true, ...design })
  const side = bounds.alpha / bounds.sides
  return (driftForPower(bounds, power) / (normalQuantile(1 - side) + normalQuantile(power))) ** 2
}

import { findRoot } from '../numeric/index.ts'
import { checkSpending, DEFAULT_SPENDING, type Spending, spentAlpha } from './alpha-spending.ts'
import { advance, type SequentialState, START, upperExit } from './sequential-recursion.ts'

/**
 * Why a look takes no test: hardly any information since the last one, a fraction that is no number, all α spent
 * before, or a later look that is past the planned end too.
 */
export type SkippedLook = 'too-close' | 'not-finite' | 'nothing-to-spend' | 'superseded'

/** One look of a group sequential test. */
export interface SequentialLook {
  /** Information I = 1/SE² at the look over the planned maximum; above 1 where more came than was planned. */
  readonly fraction: number
  /** α spent up to and with this look, on one side. */
  readonly spent: number
  /** The test stops where Z ≥ bound (two-sided: where |Z| ≥ bound); null where no test takes place. */
  readonly bound: number | null
  readonly skipped: SkippedLook | null
}

/** The bounds of a group sequential test at the looks so far. */
export interface GroupSequentialBounds {
  readonly spending: Spending
  /** Error of the whole test: on its one side, or on both together. */
  readonly alpha: number
  readonly sides: 1 | 2
  readonly looks: readonly SequentialLook[]
}

/** What a group sequential test is made of. */
export interface GroupSequentialDesign {
  readonly spending?: Spending
  readonly alpha: number
  /** Information fractions of the looks, in the order they took place; the last may lie above 1. */
  readonly fractions: readonly number[]
  readonly sides?: 1 | 2
  /** The last look ends the test, whatever its fraction: it spends what remains. */
  readonly isFinal?: boolean
}

/** Below this step of the information fraction a look is left out: it could neither spend nor learn anything. */
export const LEAST_STEP = 1e-5

// Z beyond this does not happen: Φ(−37) = 5e-300 is the smallest error that could be spent.
const FARTHEST_Z = 37
const TOLERANCE = 1e-11

interface Progress {
  readonly state: SequentialState
  readonly spent: number
  readonly last: number
}

/**
 * Bounds of a group sequential test by alpha spending (Lan & DeMets 1983): at look k, P(Z_k ≥ b_k, no exit before) is what
 * the spending function grew since the look before. Looks need not be planned: spending depends on t alone, and a bound
 * never on later looks. A look at t ≥ 1 ends the test and spends what remains (over-running); if there are several, the
 * last of them does, so that a reading after the end is still one test, but each further reading is one chance more.
 * Two-sided bounds are symmetric with α/2 on each side. Error of a bound < 1e-5. Assumes independent increments, so
 * metrics that count a unit once it is complete; fails for metrics that keep growing for units already counted.
 * Throws a RangeError for `alpha` outside (0, 1), on one side (0, .5), and an exponent ≤ 0.
 */
export function groupSequentialBounds(design: GroupSequentialDesign): GroupSequentialBounds {
  const { spending = DEFAULT_SPENDING, alpha, fractions, sides = 1, isFinal = false } = design
  const most = sides === 1 ? 0.5 : 1
  if (!(alpha > 0 && alpha < most)) throw new RangeError(`alpha must be in (0, ${most}), got ${alpha}`)
  checkSpending(spending)
  const side = alpha / sides
  const looks: SequentialLook[] = []
  let progress: Progress = { state: START, spent: 0, last: 0 }
  for (const [k, fraction] of fractions.entries()) {
    const mayEnd = isFinal && k === fractions.length - 1
    const spent = Math.max(progress.spent, mayEnd ? side : spentAlpha(spending, side, fraction))
    const isSuperseded = fraction >= 1 && fractions.slice(k + 1).some((later) => later >= 1)
    const skipped = isSuperseded ? 'superseded' : reasonToSkip(progress, fraction, spent)
    if (skipped !== null) {
      looks.push({ fraction, spent: progress.spent, bound: null, skipped })
      continue
    }
    const bound = solveBound(progress.state, fraction, spent - progress.spent)
    looks.push({ fraction, spent, bound, skipped: null })
    const region = { low: sides === 2 ? -bound : Number.NEGATIVE_INFINITY, high: bound }
    const state = advance(progress.state, { time: fraction, nextTime: nextTime(fractions, k), region })
    progress = { state, spent, last: fraction }
  }
  return { spending, alpha, sides, looks }
}

function reasonToSkip(progress: Progress, fraction: number, spent: number): SkippedLook | null {
  if (!Number.isFinite(fraction)) return 'not-finite'
  if (fraction - progress.last < LEAST_STEP) return 'too-close'
  return spent > progress.spent ? null : 'nothing-to-spend'
}

/** Where the next look that counts will be; the same place where there is none. */
function nextTime(fractions: readonly number[], k: number): number {
  const time = fractions[k]!
  return fractions.slice(k + 1).find((later) => Number.isFinite(later) && later - time >= LEAST_STEP) ?? time
}

function solveBound(state: SequentialState, time: number, error: number): number {
  const target = Math.log(error)
  const excess = (z: number) => Math.log(Math.max(upperExit(state, { time, z }), Number.MIN_VALUE)) - target
  if (excess(FARTHEST_Z) >= 0) return FARTHEST_Z
  return findRoot(excess, { low: -FARTHEST_Z, high: FARTHEST_Z, tolerance: TOLERANCE })
}

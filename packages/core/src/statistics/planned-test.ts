import { normalCdf, normalQuantile } from '../numeric/index.ts'
import { DEFAULT_SPENDING, type Spending } from './alpha-spending.ts'
import { sequenceCritical } from './confidence-sequence.ts'
import { type GroupSequentialBounds, groupSequentialBounds } from './group-sequential-bounds.ts'
import { driftForPower, followPaths, powerAlong } from './sequential-power.ts'

/** How an experiment will be tested: at one size, at so many even looks, or whenever one likes. */
export type PlannedTest =
  | { readonly kind: 'fixed' }
  | { readonly kind: 'groupSequential'; readonly looks: number; readonly spending?: Spending }
  | { readonly kind: 'confidenceSequence' }

/** Fourteen looks, one a day for two weeks, spending α t². */
export const DEFAULT_TEST: PlannedTest = { kind: 'groupSequential', looks: 14 }

/** Level, power and the drift that reaches them. */
export interface PlannedDrift {
  /** One-sided. */
  readonly alpha: number
  readonly power: number
  /** Standard errors, at the planned end, that the effect must lie from the tested value. */
  readonly drift: number
  /** Units that takes, over those of a fixed test of the same level and power. */
  readonly inflation: number
}

/** What an effect must be for this one-sided level and power. Throws a RangeError for fewer than one look. */
export function plannedDrift(
  test: PlannedTest,
  { alpha, power }: { readonly alpha: number; readonly power: number },
): PlannedDrift {
  const fixed = normalQuantile(1 - alpha) + normalQuantile(power)
  const drift =
    test.kind === 'groupSequential'
      ? driftForPower(plannedBounds(test, alpha), power)
      : plannedCritical(test, alpha) + normalQuantile(power)
  return { alpha, power, drift, inflation: (drift / fixed) ** 2 }
}

/** Power of the test against a drift. Of a confidence sequence at its expected size: crossings before only add to it. */
export function plannedPower(test: PlannedTest, alpha: number): (drift: number) => number {
  if (test.kind === 'groupSequential') {
    const paths = followPaths(plannedBounds(test, alpha))
    return (drift) => powerAlong(paths, drift).power
  }
  const critical = plannedCritical(test, alpha)
  return (drift) => normalCdf(drift - critical)
}

function plannedCritical(test: Exclude<PlannedTest, { readonly kind: 'groupSequential' }>, alpha: number): number {
  return test.kind === 'fixed' ? normalQuantile(1 - alpha) : sequenceCritical({ n: 1, expectedN: 1, alpha, sides: 1 })
}

function plannedBounds(
  { looks, spending = DEFAULT_SPENDING }: Extract<PlannedTest, { readonly kind: 'groupSequential' }>,
  alpha: number,
): GroupSequentialBounds {
  if (!(Number.isInteger(looks) && looks >= 1)) throw new RangeError(`looks must be a whole number ≥ 1, got ${looks}`)
  const fractions = Array.from({ length: looks }, (_, k) => (k + 1) / looks)
  return groupSequentialBounds({ alpha, spending, fractions, isFinal: true })
}

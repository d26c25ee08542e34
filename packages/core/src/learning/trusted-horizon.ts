import { PalomaError, type SurrogateFault, type SurrogateTest } from '../domain/index.ts'

/** A horizon whose reward is forecast early, with the running test of these forecasts. */
export interface HorizonTest {
  readonly horizonHours: number
  readonly test: SurrogateTest
}

/** The horizon to learn for, and why it is not a longer one. */
export interface TrustedHorizon {
  readonly horizonHours: number
  /** `surrogate`: forecast from early signals, which still predict; `observed`: only what was seen is believed. */
  readonly trust: 'surrogate' | 'observed'
  /** Longer horizons that were given up, longest first. */
  readonly givenUp: readonly {
    readonly horizonHours: number
    readonly reason: SurrogateFault
    readonly atCohort: number
  }[]
}

/**
 * The longest horizon whose early signal still predicts its matured outcome. When none does, the shortest, with `trust`
 * "observed": its reward is waited for and nothing is forecast. Throws HORIZONS_INVALID without a horizon.
 */
export function trustedHorizon(tests: readonly HorizonTest[]): TrustedHorizon {
  const longestFirst = tests.toSorted((a, b) => b.horizonHours - a.horizonHours)
  const shortest = longestFirst.at(-1)
  if (shortest === undefined) throw new PalomaError('HORIZONS_INVALID', 'tests must hold at least 1 horizon, got 0')
  const givenUp: TrustedHorizon['givenUp'][number][] = []
  for (const { horizonHours, test } of longestFirst) {
    if (test.verdict.kind === 'holds') return { horizonHours, trust: 'surrogate', givenUp }
    givenUp.push({ horizonHours, reason: test.verdict.reason, atCohort: test.verdict.atCohort })
  }
  return { horizonHours: shortest.horizonHours, trust: 'observed', givenUp }
}

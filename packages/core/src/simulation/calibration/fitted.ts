import type { Scenario } from '../scenario.ts'
import type { StatisticName } from './summarize.ts'

/** What became of one parameter. */
export type FittedParameter =
  | {
      readonly kind: 'fitted'
      readonly path: string
      readonly base: number
      readonly value: number
      /** From the statistics' own and from the noise of the worlds. What stayed as in the base counts as known. */
      readonly stdError: number
      readonly statistic: StatisticName
    }
  | { readonly kind: 'kept'; readonly path: string; readonly value: number; readonly reason: string }

/** How well one statistic of the log is met. */
export interface FittedStatistic {
  readonly name: string
  readonly log: number
  readonly fitted: number
  readonly stdError: number
  /** (log − fitted) ÷ standard error of the difference; null where there is none. */
  readonly standardised: number | null
}

/** A world fitted to a log, and how well it fits. */
export interface WorldFit {
  readonly scenario: Scenario
  readonly users: number
  readonly days: number
  readonly sends: number
  readonly events: number
  readonly parameters: readonly FittedParameter[]
  readonly statistics: readonly FittedStatistic[]
  /** What a reader must know before believing the fit. */
  readonly remarks: readonly string[]
}

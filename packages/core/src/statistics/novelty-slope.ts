import type { Arms } from './adjustment.ts'
import type { Effect } from './effect.ts'
import { linearEffect } from './linear-effect.ts'
import { meanEffect } from './mean-effect.ts'

/** How an effect changes with the days since a user first met it. */
export interface NoveltySlope {
  /** Change of the daily effect per day: < 0 for novelty that wears off, > 0 for users who learn. */
  readonly slope: Effect
  /** The effect by day since exposure. */
  readonly byDay: readonly Effect[]
}

/**
 * The slope of the effect over days since exposure. `columns` hold a user's metric on day `days[i]`; only users watched over all
 * of them may be counted, or the slope mixes cohorts. Each user's least-squares slope is a weighted sum of his days, so
 * that the slope's variance holds what days of one user share, and it is compared like any mean. Fails where the calendar, not the user's age in
 * the experiment, moves the effect: compare by date of first exposure. Throws a RangeError for fewer than two different days.
 */
export function noveltySlope(
  { treatment, control }: Arms,
  { columns, days }: { readonly columns: readonly number[]; readonly days: readonly number[] },
): NoveltySlope {
  const centre = days.reduce((sum, day) => sum + day, 0) / days.length
  const spread = days.reduce((sum, day) => sum + (day - centre) ** 2, 0)
  if (columns.length !== days.length || !(spread > 0)) {
    throw new RangeError(`days must be at least two different ones, one per column, got [${days.join(', ')}]`)
  }
  const weights = new Float64Array(treatment.mean.length)
  columns.forEach((column, i) => {
    weights[column] = (days[i]! - centre) / spread
  })
  const slopeIn = (mean: Float64Array) => columns.reduce((sum, column) => sum + weights[column]! * mean[column]!, 0)
  const { effect } = linearEffect(
    { treatment, control },
    {
      treatment: { weights, mean: slopeIn(treatment.mean) },
      control: { weights, mean: slopeIn(control.mean) },
      covariates: [],
      columns: [],
    },
  )
  const byDay = columns.map((metric) => meanEffect({ treatment, control, metric, covariates: [] }).effect)
  return { slope: effect, byDay }
}

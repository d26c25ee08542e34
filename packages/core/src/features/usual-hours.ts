import { DAY_MS, type EpochMs, HOUR_MS } from '../domain/index.ts'
import { HISTORY_DAYS } from './context.ts'

/** A visit speaks for about two hours around it: von Mises with this concentration, whose mean over the day is `KERNEL_MEAN`. */
const CONCENTRATION = 3
/** e^−3 I₀(3). */
const KERNEL_MEAN = 0.243_000_354_161_825_42
/** A user's own hours count like those of everybody until so many visits were seen. */
const POOLED_VISITS = 4
/** A visit on the other kind of day, weekend or not, says half as much. */
const OTHER_KIND_OF_DAY = 0.5
/** Day 0 of the epoch was a Thursday, with Monday = 0. */
const EPOCH_DAY_OF_WEEK = 3
const FIRST_WEEKEND_DAY = 5

function isWeekend(localMs: number): boolean {
  return (Math.floor(localMs / DAY_MS) + EPOCH_DAY_OF_WEEK) % 7 >= FIRST_WEEKEND_DAY
}

/**
 * ln of how likelier than at a usual hour the user is there at a moment of the week, by a kernel over the visits of 28 days,
 * shrunk towards 0: what everybody does at that hour, the columns of hour and weekend learn. `offsetMs` is local time minus UTC now; a
 * change of clocks within the 28 days moves older visits by its hour.
 */
export function usualHours(
  visits: readonly EpochMs[],
  { now, at, offsetMs }: { readonly now: EpochMs; readonly at: EpochMs; readonly offsetMs: number },
): number {
  const local = at + offsetMs
  const isAtWeekend = isWeekend(local)
  let there = POOLED_VISITS
  let usual = POOLED_VISITS
  for (const visit of visits) {
    if (visit > now || now - visit >= HISTORY_DAYS * DAY_MS) continue
    const weight = isWeekend(visit + offsetMs) === isAtWeekend ? 1 : OTHER_KIND_OF_DAY
    const apart = ((at - visit) / HOUR_MS) * (Math.PI / 12)
    there += (weight * Math.exp(CONCENTRATION * (Math.cos(apart) - 1))) / KERNEL_MEAN
    usual += weight
  }
  return Math.log(there / usual)
}

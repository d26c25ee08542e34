import type { FileSpec } from './contract.ts'
import type { Exposures } from './exposure.ts'

// From so many users on, and in groups whose sizes differ by less than this, the skewness of an effect is below 1.4e-4 times that
// of the metric, and a bound moves by less than 1e-4 of it; third moments would double the work.
const MANY_USERS = 500_000
const MOST_IMBALANCE = 1.1

/** Whether a correction for skewness is asked for and could move anything. */
export function isSkewnessNeeded(
  { readOut }: FileSpec,
  { exposed, users }: Pick<Exposures, 'exposed' | 'users'>,
): boolean {
  if (readOut.skewness === 'ignored') return false
  if (users < MANY_USERS) return true
  const phases = [...new Set(exposed.map(({ phase }) => phase))]
  return phases.some((phase) => {
    const sizes = readOut.variants.map(({ name }) =>
      exposed.reduce((sum, cell) => sum + (cell.phase === phase && cell.variant === name ? cell.users : 0), 0),
    )
    return Math.max(...sizes) > MOST_IMBALANCE * Math.min(...sizes)
  })
}

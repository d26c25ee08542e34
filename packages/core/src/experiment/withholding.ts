import { DAY_MS, type EpochMs, type Withholding } from '../domain/index.ts'
import { bucketOf } from './assignment.ts'

/** Where a user stands with one message family: one experiment per message and period. */
export interface Withheld {
  /** `withhold:<message>:<number of the period>`. */
  readonly experiment: string
  readonly isWithheld: boolean
}

/**
 * Whether a message is kept from a user at this moment. A random share of users goes without each message for one period
 * at a time, independently of other messages and periods, so that what a message is worth is always being measured and
 * nobody goes without for ever.
 */
export function withheldOf(
  withholding: Withholding,
  { message, userId }: { readonly message: string; readonly userId: string },
  now: EpochMs,
): Withheld | null {
  const { salt, periodDays } = withholding
  const own = withheldShare(withholding, message)
  if (own === 0) return null
  const period = Math.floor(now / (periodDays * DAY_MS))
  const experiment = `withhold:${message}:${period}`
  return { experiment, isWithheld: bucketOf(`${salt}/${message}/${period}`, userId) < own }
}

/** Millionths of users who go without a message. */
export function withheldShare({ share, messages }: Withholding, message: string): number {
  return Object.hasOwn(messages, message) ? messages[message]! : share
}

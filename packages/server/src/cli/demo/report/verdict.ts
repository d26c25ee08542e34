import type { Interval } from '../../../usecases/contract.ts'
import { formatShare, intervalText, isFinite3 } from '../../report/index.ts'

/** One sentence on a difference, no stronger than its interval. */
export function verdictOn(difference: Interval | undefined, level: number): string {
  if (difference === undefined || !isFinite3(difference)) {
    return 'Too few users to compare Paloma with business as usual.'
  }
  const figures = `${intervalText(difference)} per user on the common scale, ${formatShare(level)} interval`
  if (difference.low > 0) return `Paloma did better than business as usual: ${figures}.`
  if (difference.high < 0) return `Paloma did worse than business as usual: ${figures}.`
  return `Paloma and business as usual cannot be told apart: ${figures}.`
}

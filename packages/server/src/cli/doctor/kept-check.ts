import type { Config } from '../../config/contract.ts'
import type { StoreFacts } from '../../store/look-at-store.ts'
import { type Finding, ok, warning } from './finding.ts'

const DAY_MS = 86_400_000
const MEBIBYTE = 2 ** 20
/** From this age on somebody should have said how long data on people are kept. */
const OLD_DAYS = 90
/** A deletion looks every few minutes, and at midnight there is a day more to do. */
const LATE_DAYS = 2

/** Whether what is stored of people is deleted at some time, and when that was asked for, whether it is. */
export function checkKept(
  { kept: { bytes, oldestAt, since, heldBy } }: StoreFacts,
  { now, retention: { storeDays } }: { readonly now: number; readonly retention: Config['retention'] },
): Finding {
  const size = `${Math.ceil(bytes / MEBIBYTE).toLocaleString('en-US')} MiB`
  if (oldestAt === null) return ok('retention', `${size}, no decision yet`)
  const age = Math.floor((now - oldestAt) / DAY_MS)
  const found = `${size}, the oldest decision is ${age} ${age === 1 ? 'day' : 'days'} old`
  if (storeDays === null) {
    if (age < OLD_DAYS) return ok('retention', `${found}; nothing is deleted`)
    const remedy = 'say how long data on people are kept: retention.storeDays (docs/guide/configuration.md)'
    return warning('retention', `${found}: the store grows for ever`, remedy)
  }
  const lateDays = Math.floor((now - (since ?? oldestAt)) / DAY_MS) - storeDays
  if (age <= storeDays || lateDays < LATE_DAYS) return ok('retention', `${found}; ${storeDays} days are kept`)
  if (heldBy.length > 0) return warning('retention', `${found}: ${heldBy.join('; ')}`, 'end what holds it, or wait')
  const remedy = 'look whether a server runs that exports (job:retain in /readyz)'
  return warning('retention', `${found}, ${storeDays} days should be kept: nothing has been deleted lately`, remedy)
}

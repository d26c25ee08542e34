import { DAY_MS, type Decision, type Outcome, PalomaError } from '@paloma/core'
import type { Usecases } from './contract.ts'
import type { Deps } from './deps.ts'
import { EXPORT_MARGIN_MS } from './experiment-sources.ts'
import { dayOf, keptSince } from './kept-since.ts'
import { pages } from './past-rows.ts'

/** Role of the one process of all that writes the history. */
export const EXPORTER = 'exporter'

const PAGE_ROWS = 1_000
/** The last days are exported again whatever came: what was joined or marked since is then in their files, too. */
const LATE_DAYS = 2

type HistoryDeps = Pick<Deps, 'store' | 'history' | 'clock'>
type WrittenDay = Awaited<ReturnType<Usecases['history']['export']>>[number]

/** The log as Parquet, day by day. */
export function historyUsecases(deps: HistoryDeps): Usecases['history'] {
  const { store, clock } = deps
  return {
    async export({ includeToday = false, onProgress }) {
      const today = dayOf(clock.now())
      const since = dayOf(await keptSince(store.registry))
      const written: WrittenDay[] = []
      for (const day of await store.decisions.days()) {
        if (day < since || (day >= today && !includeToday)) continue
        onProgress?.(day)
        written.push(await exportDay(deps, day))
      }
      return written
    },
  }
}

/**
 * Exports the closed days that the history lacks, and once a day the last ones again, with every day of which the store has
 * got more events since; answers how many.
 */
export async function exportNewDays(deps: HistoryDeps): Promise<number> {
  const { store, history, clock } = deps
  const today = dayOf(clock.now())
  const fresh = dayOf(clock.now() - LATE_DAYS * DAY_MS)
  // A day without exposures was written by an earlier version.
  const known = new Map((await history.parts()).map(({ day, outcomeRows }) => [day, outcomeRows]))
  const isDoneToday = (await store.registry.getSetting(EXPORTED_ON)) === today
  const counts = isDoneToday ? null : await store.outcomes.countByDay()
  const isDue = (day: string): boolean =>
    !known.has(day) || (counts !== null && (day >= fresh || (counts.get(day) ?? 0) > known.get(day)!))
  const since = dayOf(await keptSince(store.registry))
  const wanted = (await store.decisions.days()).filter((day) => day >= since && day < today && isDue(day))
  for (const day of wanted) await exportDay(deps, day)
  if (!isDoneToday) await store.registry.setSetting(EXPORTED_ON, today)
  return wanted.length
}

/** The day on which the closed days were exported last. */
const EXPORTED_ON = 'history-exported-on'

async function exportDay({ store, history, clock }: HistoryDeps, day: string): Promise<WrittenDay> {
  const exportedAt = clock.now()
  const decisions = pages((after: Decision | null) =>
    store.decisions.listByDay(day, after?.decisionId ?? null, PAGE_ROWS),
  )
  const outcomes = pages((after: Outcome | null) => store.outcomes.listByDay(day, after?.messageId ?? null, PAGE_ROWS))
  const rows = { decisions: wholeOnly(store, day, decisions), outcomes: wholeOnly(store, day, outcomes), exportedAt }
  return { day, ...(await history.writeDay(day, rows)) }
}

/** Rejects with DAY_DELETED, before the file counts, where a deletion may have taken some of the rows while they were read. */
async function* wholeOnly<T>(
  { registry }: Pick<Deps['store'], 'registry'>,
  day: string,
  read: AsyncIterable<readonly T[]>,
): AsyncGenerator<readonly T[], void> {
  yield* read
  if (day >= dayOf(await keptSince(registry))) return
  throw new PalomaError('DAY_DELETED', `${day} is being deleted from the store for its age: it is not exported again`)
}

/** Sees to it that the history has every row of a closed day that the store has. */
export async function completeDay(deps: HistoryDeps, day: string): Promise<void> {
  const { store, history } = deps
  const known = (await history.parts()).find((part) => part.day === day)
  const { decisions, outcomes, lastReceivedAt } = await store.retention.rowsOf(day)
  const readAt = known?.exportedAt ?? null
  // Rows alone do not tell: of somebody who is being forgotten they may be in one and no longer in the other.
  const hasAll = known !== undefined && known.decisionRows >= decisions && known.outcomeRows >= outcomes
  const isLate = lastReceivedAt !== null && (readAt === null || lastReceivedAt > readAt - EXPORT_MARGIN_MS)
  if (!hasAll || isLate) await exportDay(deps, day)
}

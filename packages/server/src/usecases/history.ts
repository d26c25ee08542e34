import { DAY_MS, type Decision, type EpochMs, type Outcome } from '@paloma/core'
import type { Usecases } from './contract.ts'
import type { Deps } from './deps.ts'
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
      const written: WrittenDay[] = []
      for (const day of await store.decisions.days()) {
        if (day >= today && !includeToday) continue
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
  const wanted = (await store.decisions.days()).filter((day) => day < today && isDue(day))
  for (const day of wanted) await exportDay(deps, day)
  if (!isDoneToday) await store.registry.setSetting(EXPORTED_ON, today)
  return wanted.length
}

/** The day on which the closed days were exported last. */
const EXPORTED_ON = 'history-exported-on'

function dayOf(at: EpochMs): string {
  return new Date(at).toISOString().slice(0, 10)
}

async function exportDay({ store, history, clock }: HistoryDeps, day: string): Promise<WrittenDay> {
  const exportedAt = clock.now()
  const decisions = pages((after: Decision | null) =>
    store.decisions.listByDay(day, after?.decisionId ?? null, PAGE_ROWS),
  )
  const outcomes = pages((after: Outcome | null) => store.outcomes.listByDay(day, after?.messageId ?? null, PAGE_ROWS))
  return { day, ...(await history.writeDay(day, { decisions, outcomes, exportedAt })) }
}

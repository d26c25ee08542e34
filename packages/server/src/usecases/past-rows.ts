import { DAY_MS, type Decision, type EpochMs, type Outcome } from '@paloma/core'
import type { Deps } from './deps.ts'
import { type ResultSource, underOneId } from './experiment-sources.ts'
import { dayOf, keptSince } from './kept-since.ts'

type PastDeps = Pick<Deps, 'store' | 'history'>

/** From a moment on, up to another. */
export interface Span {
  readonly since: EpochMs
  readonly until: EpochMs
}

/** The log day by day, in pages, whoever it is about. */
export interface PastRows {
  /** Midnight of the first day that has decisions or outcomes and is whole; null for an empty log. */
  readonly firstDay: EpochMs | null
  decisions(span: Span): AsyncIterable<readonly Decision[]>
  /** Those of machines left out. */
  outcomes(span: Span): AsyncIterable<readonly Outcome[]>
}

const PAGE_ROWS = 1_000

/** The log out of the store, or with exported days out of their files and under the ids that users have now. */
export async function pastRows(
  { store, history }: PastDeps,
  from: ResultSource,
  pageRows: number = PAGE_ROWS,
): Promise<PastRows> {
  const exported = from === 'history' ? new Set(await history.days()) : new Set<string>()
  const since = dayOf(await keptSince(store.registry))
  const stored = (await store.decisions.days()).filter((day) => day >= since)
  const days = [...new Set([...exported, ...stored])].sort()
  const [first] = days
  const within = ({ since, until }: Span): readonly string[] =>
    days.filter((day) => midnight(day) > since - DAY_MS && midnight(day) <= until)
  const pagesOf = async function* <T extends Decision | Outcome>(
    span: Span,
    read: (day: string, isExported: boolean) => AsyncIterable<readonly T[]>,
  ): AsyncGenerator<readonly T[], void> {
    for (const day of within(span)) {
      for await (const page of read(day, exported.has(day))) {
        yield page.filter(({ at }) => at >= span.since && at <= span.until)
      }
    }
  }
  return {
    firstDay: first === undefined ? null : midnight(first),
    decisions: (span) =>
      pagesOf(span, (day, isExported) =>
        isExported
          ? underOneId(store, history.decisionPages(day))
          : pages((after: Decision | null) => store.decisions.listByDay(day, after?.decisionId ?? null, pageRows)),
      ),
    async *outcomes(span) {
      const found = pagesOf(span, (day, isExported) =>
        isExported
          ? underOneId(store, history.outcomePages(day))
          : pages((after: Outcome | null) => store.outcomes.listByDay(day, after?.messageId ?? null, pageRows)),
      )
      for await (const page of found) yield page.filter(({ isMachine }) => !isMachine)
    },
  }
}

function midnight(day: string): EpochMs {
  return Date.parse(`${day}T00:00:00Z`)
}

/** All pages of a listing, each asked for with the last row of the one before. */
export async function* pages<T>(list: (after: T | null) => Promise<readonly T[]>): AsyncGenerator<readonly T[], void> {
  let page = await list(null)
  while (page.length > 0) {
    yield page
    page = await list(page[page.length - 1]!)
  }
}

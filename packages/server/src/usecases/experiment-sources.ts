import { DAY_MS, type Exposure, MINUTE_MS, type UserId } from '@paloma/core'
import type { Deps } from './deps.ts'
import type { ExperimentRows } from './read-out-engine.ts'

/** Where results are read from: the store alone, or the files of exported days and the store for the rest. */
export const RESULT_SOURCES = ['live', 'history'] as const
export type ResultSource = (typeof RESULT_SOURCES)[number]

type SourceDeps = Pick<Deps, 'store' | 'history' | 'historyRows'>

const PAGE_USERS = 2_000

/** Lets `read` read an experiment's rows from where it was asked to. */
export function withRows<T>(
  deps: SourceDeps,
  { key, from }: { readonly key: string; readonly from: ResultSource },
  read: (rows: ExperimentRows) => Promise<T>,
): Promise<T> {
  const { store } = deps
  if (from === 'history') return withHistory(deps, key, read)
  return read({
    exposures: () => exposurePages(store, key, []),
    outcomes: (span) => store.experiments.outcomes(key, span),
  })
}

/** An event may lie in the store a little after the moment at which it is said to have been received. */
export const EXPORT_MARGIN_MS: number = 5 * MINUTE_MS

/**
 * Days that were exported come out of their files, whatever their number; all others, and what came of those days since,
 * out of the store (an event met in both is one, by its id). Users whom the store
 * has joined under one id since then are one user here, too.
 */
async function withHistory<T>(
  { store, history, historyRows }: SourceDeps,
  key: string,
  read: (rows: ExperimentRows) => Promise<T>,
): Promise<T> {
  const parts = await history.parts()
  const withoutDays = parts.map(({ day }) => Date.parse(`${day}T00:00:00Z`) / DAY_MS)
  const exported = parts.map(({ exportedAt }, i) => ({
    day: withoutDays[i]!,
    at: exportedAt === null ? 0 : exportedAt - EXPORT_MARGIN_MS,
  }))
  const source = {
    key,
    exposures: parts.map(({ exposures }) => exposures),
    outcomes: parts.map(({ outcomes }) => outcomes),
    live: exposurePages(store, key, withoutDays),
  }
  return historyRows(source, (rows) =>
    read({
      exposures: () => underOneId(store, rows.exposures()),
      outcomes: async function* (span) {
        yield* underOneId(store, rows.outcomes(span))
        yield* store.experiments.outcomes(key, { ...span, exported })
      },
    }),
  )
}

export async function* underOneId<T extends { readonly userId: UserId }>(
  { users }: Pick<SourceDeps['store'], 'users'>,
  pages: AsyncIterable<readonly T[]>,
): AsyncGenerator<readonly T[], void> {
  for await (const page of pages) {
    const aliases = await users.resolveAliases([...new Set(page.map(({ userId }) => userId))])
    yield aliases.size === 0 ? page : page.map((row) => ({ ...row, userId: aliases.get(row.userId) ?? row.userId }))
  }
}

async function* exposurePages(
  { experiments }: Pick<SourceDeps['store'], 'experiments'>,
  key: string,
  withoutDays: readonly number[],
): AsyncGenerator<readonly Exposure[], void> {
  let page = await experiments.exposures(key, null, PAGE_USERS, withoutDays)
  while (page.length > 0) {
    yield page
    page = await experiments.exposures(key, page[page.length - 1]!, PAGE_USERS, withoutDays)
  }
}

import { mkdir, mkdtemp, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Decision, type Outcome, PalomaError } from '@paloma/core/domain'
import type { DayParts, HistoryLog } from '../contract.ts'
import { decisionColumns, outcomeColumns } from './columns.ts'
import { dropDays } from './drop-days.ts'
import { type ExposedDecision, exposureColumns, exposuresIn } from './exposure-part.ts'
import { type DayEntry, type LogManifest, type PartEntry, readManifest, sha256Of, writeManifest } from './manifest.ts'
import { countUsers, type PartKind, readPart, writePart } from './part-file.ts'

const DECISIONS: PartKind<Decision> = {
  groupRows: 1_000,
  columns: decisionColumns,
  objectivesOf: (decision) => Object.keys(decision.values),
  timeOf: (decision) => decision.at,
}

const EXPOSURES: PartKind<ExposedDecision> = {
  groupRows: 10_000,
  columns: () => exposureColumns,
  objectivesOf: () => [],
  timeOf: ({ at }) => at,
}

const OUTCOMES: PartKind<Outcome> = {
  groupRows: 5_000,
  columns: outcomeColumns,
  objectivesOf: (outcome) => Object.keys(outcome.values),
  timeOf: (outcome) => outcome.at,
}

/**
 * The history as Parquet files, hive-partitioned by day: `decisions/dt=…/part-0.parquet`, `outcomes/dt=…/part-0.parquet`
 * and `_manifest.json` with row counts, time spans and SHA-256. Files are written aside, flushed and renamed, so a reader
 * sees a file whole or not at all; the manifest, renamed last, makes the day count. One process writes a directory.
 */
export function parquetLog(options: { readonly dir: string }): HistoryLog {
  const { dir } = options
  const inTurn = queue()
  return {
    writeDay: (day, rows) => inTurn(() => writeDay(dir, checkDay(day), rows)),
    readDecisions: (day) => whole(dayPages<Decision>(dir, checkDay(day), 'decisions')),
    readOutcomes: (day) => whole(dayPages<Outcome>(dir, checkDay(day), 'outcomes')),
    decisionPages: (day) => dayPages<Decision>(dir, checkDay(day), 'decisions'),
    outcomePages: (day) => dayPages<Outcome>(dir, checkDay(day), 'outcomes'),
    days: async () => Object.keys((await readManifest(dir)).days).sort(),
    parts: async () => partsOf(dir, await readManifest(dir)),
    drop: (day) => inTurn(() => dropDays(dir, checkDay(day))),
    erase: together((users) => inTurn(() => erase(dir, users()))),
  }
}

function partsOf(dir: string, { days }: LogManifest): readonly DayParts[] {
  return Object.entries(days)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([day, { exposures, outcomes, decisions, exportedAt }]) => {
      if (exposures === undefined) return []
      const paths = { exposures: join(dir, exposures.path), outcomes: join(dir, outcomes.path) }
      const readAt = exportedAt === undefined ? null : Date.parse(exportedAt)
      return [{ day, ...paths, outcomeRows: outcomes.rows, decisionRows: decisions.rows, exportedAt: readAt }]
    })
}

type DayRows = Parameters<HistoryLog['writeDay']>[1]

async function writeDay(
  dir: string,
  day: string,
  rows: DayRows,
): Promise<{ readonly decisions: number; readonly outcomes: number }> {
  const manifest = await readManifest(dir)
  await mkdir(dir, { recursive: true })
  const aside = await mkdtemp(join(dir, '.writing-'))
  try {
    const decisions = await stage(join(aside, 'decisions'), rows.decisions, DECISIONS)
    const outcomes = await stage(join(aside, 'outcomes'), rows.outcomes, OUTCOMES)
    const exposures = await stage(join(aside, 'exposures'), exposuresIn(decisions.file), EXPOSURES)
    const entry: DayEntry = {
      exposures: await commit({ dir, day, what: 'exposures' }, exposures),
      outcomes: await commit({ dir, day, what: 'outcomes' }, outcomes),
      decisions: await commit({ dir, day, what: 'decisions' }, decisions),
      ...(rows.exportedAt === undefined ? {} : { exportedAt: new Date(rows.exportedAt).toISOString() }),
    }
    await writeManifest(dir, { ...manifest, days: { ...manifest.days, [day]: entry } })
    return { decisions: entry.decisions.rows, outcomes: entry.outcomes.rows }
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

interface StagedPart {
  readonly file: string
  readonly entry: Omit<PartEntry, 'path'>
}

async function stage<T>(path: string, batches: AsyncIterable<readonly T[]>, kind: PartKind<T>): Promise<StagedPart> {
  const { file, summary } = await writePart(path, batches, kind)
  const handle = await open(file, 'r+')
  await handle.sync().finally(() => handle.close())
  const entry = {
    rows: summary.rows,
    minTime: isoOrNull(summary.minTime),
    maxTime: isoOrNull(summary.maxTime),
    sha256: await sha256Of(file),
  }
  return { file, entry }
}

interface Place {
  readonly dir: string
  readonly day: string
  readonly what: 'decisions' | 'outcomes' | 'exposures'
}

async function commit(place: Place, staged: StagedPart): Promise<PartEntry> {
  const partition = `${place.what}/dt=${place.day}`
  const path = `${partition}/part-0.parquet`
  await mkdir(join(place.dir, partition), { recursive: true })
  await rename(staged.file, join(place.dir, path))
  return { path, ...staged.entry }
}

async function* dayPages<T>(
  dir: string,
  day: string,
  what: 'decisions' | 'outcomes',
): AsyncGenerator<readonly T[], void> {
  const entry = (await readManifest(dir)).days[day]
  if (entry !== undefined) yield* readPart<T>(join(dir, entry[what].path))
}

async function whole<T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const records: T[] = []
  for await (const page of pages) for (const record of page) records.push(record)
  return records
}

/** Whoever is to be erased while an erasure waits for its turn goes with it, since each reads and writes whole files. */
function together(
  eraseAll: (users: () => ReadonlySet<string>) => Promise<ReadonlyMap<string, number>>,
): HistoryLog['erase'] {
  let next: { readonly users: Set<string>; readonly rows: Promise<ReadonlyMap<string, number>> } | undefined
  const begin = (): NonNullable<typeof next> => {
    const users = new Set<string>()
    const take = (): ReadonlySet<string> => {
      next = undefined
      return users
    }
    return { users, rows: eraseAll(take) }
  }
  return async (userId) => {
    next ??= begin()
    const { users, rows } = next
    const isRepeated = users.has(userId)
    users.add(userId)
    const gone = (await rows).get(userId) ?? 0
    return { rows: isRepeated ? 0 : gone }
  }
}

async function erase(dir: string, users: ReadonlySet<string>): Promise<ReadonlyMap<string, number>> {
  const manifest: LogManifest = await readManifest(dir)
  const rows = new Map<string, number>()
  for (const [day, entry] of Object.entries(manifest.days)) {
    const decisions = join(dir, entry.decisions.path)
    const outcomes = join(dir, entry.outcomes.path)
    const found = [...(await countUsers(decisions, users)), ...(await countUsers(outcomes, users))]
    if (found.length === 0) continue
    await writeDay(dir, day, {
      decisions: without(readPart<Decision>(decisions), users),
      outcomes: without(readPart<Outcome>(outcomes), users),
      ...(entry.exportedAt === undefined ? {} : { exportedAt: Date.parse(entry.exportedAt) }),
    })
    for (const [user, count] of found) rows.set(user, (rows.get(user) ?? 0) + count)
  }
  return rows
}

async function* without<T extends { readonly userId: string }>(
  batches: AsyncIterable<readonly T[]>,
  users: ReadonlySet<string>,
): AsyncGenerator<readonly T[], void> {
  for await (const batch of batches) yield batch.filter(({ userId }) => !users.has(userId))
}

function checkDay(day: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(day) && !Number.isNaN(Date.parse(`${day}T00:00:00Z`))) return day
  throw new PalomaError('LOG_DAY', `day must be a date like 2026-01-31, got '${day}'`)
}

function isoOrNull(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString()
}

/** Runs tasks one after the other; a task that fails does not stop the next. */
function queue(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (task) => {
    const run = last.then(task, task)
    last = run.catch(() => undefined)
    return run
  }
}

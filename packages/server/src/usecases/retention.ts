import { DAY_MS, type EpochMs, type Experiment } from '@paloma/core'
import type { Gone, Place, Round } from '../store/contract.ts'
import type { RetentionRun } from './contract.ts'
import type { Deps } from './deps.ts'
import { completeDay, EXPORTER } from './history.ts'
import { dayOf, EXPORTED_SINCE, exportedSince, KEPT_SINCE, keptSince, midnightOf } from './kept-since.ts'
import { LEARNED_AT } from './learner.ts'
import type { Notes } from './notes.ts'
import { type Hold, holdsOf, isHeld, wantedSince } from './retention-holds.ts'

type RetentionDeps = Pick<Deps, 'store' | 'history' | 'clock' | 'config' | 'snapshots'>

/** Rows looked at in one step: with the embedded store others wait for as long as they take. */
const STEP_ROWS = 200
/** Policy states are some hundred times as large as a decision. */
const STEP_STATES = 20
const SUBJECT = 'deleting what is old'

export const RETENTION_RUN = 'retention-run'

/** What the last run did; undefined where there was none. */
export async function lastRetentionRun(
  registry: Pick<Deps['store']['registry'], 'getSetting'>,
): Promise<RetentionRun | undefined> {
  const text = await registry.getSetting(RETENTION_RUN)
  return text === undefined ? undefined : (JSON.parse(text) as RetentionRun)
}

/**
 * Deletes what is older than the configuration says, in steps: each one is a transaction on few rows, and answers how many
 * it looked at or deleted, so that others have their turn in between. One process of all does it, the one that exports, and no day goes
 * before it was exported whole.
 */
export async function* retentionSteps(deps: RetentionDeps, notes: Notes): AsyncGenerator<number, void> {
  const { store, clock, config } = deps
  const { storeDays } = config.retention
  if (storeDays === null || !(await store.lead(EXPORTER))) return
  const scene = await sceneOf(deps, storeDays)
  const { since, heldBy } = yield* moveOn(deps, scene, notes)
  const kept = keptExperiments(scene.experiments, wantedSince(scene))
  let rows = 0
  for (const deletion of deletions(deps, { since, kept })) {
    for await (const gone of deletion) {
      rows += gone
      yield Math.max(gone, 1)
    }
  }
  if (rows > 0) await store.retention.reclaim()
  await dropExported(deps, since)
  const run: RetentionRun = { at: clock.now(), rows, heldBy }
  await store.registry.setSetting(RETENTION_RUN, JSON.stringify(run))
}

async function sceneOf({ store, clock }: RetentionDeps, storeDays: number): Promise<Parameters<typeof holdsOf>[1]> {
  const learned = await store.registry.getSetting(LEARNED_AT)
  return {
    now: clock.now(),
    storeDays,
    experiments: await store.experiments.list(),
    learnedAt: learned === undefined ? null : Number(learned),
  }
}

/** Decides from when on the store shall have its days whole, once those before are exported, and writes it down. */
async function* moveOn(
  deps: RetentionDeps,
  scene: Parameters<typeof holdsOf>[1],
  notes: Notes,
): AsyncGenerator<number, { readonly since: EpochMs; readonly heldBy: readonly string[] }> {
  const { store, config } = deps
  const holds = holdsOf(config, scene)
  const before = await keptSince(store.registry)
  const allowed = Math.max(0, Math.min(wantedSince(scene), ...holds.map(({ from }) => from)))
  const unexported = yield* exportUntil(deps, { from: before, until: allowed }, notes)
  const all = unexported === null ? holds : [...holds, unexported]
  const since = Math.max(before, Math.min(allowed, unexported?.from ?? Infinity))
  if (since > before) await store.registry.setSetting(KEPT_SINCE, String(since))
  // Nothing is held back where there is nothing so old.
  const [first] = (await store.decisions.days()).filter((day) => day >= dayOf(since))
  const isLate = first !== undefined && first < dayOf(wantedSince(scene))
  return { since, heldBy: isLate ? all.map(({ from, reason }) => `${reason}: kept since ${dayOf(from)}`) : [] }
}

/** Sees to it that the days of an interval are exported whole; answers what holds the first one back where one cannot be. */
async function* exportUntil(
  deps: RetentionDeps,
  { from, until }: { readonly from: EpochMs; readonly until: EpochMs },
  notes: Notes,
): AsyncGenerator<number, Hold | null> {
  const days = (await deps.store.decisions.days()).filter((day) => day >= dayOf(from) && day < dayOf(until))
  for (const day of days) {
    yield 1
    try {
      await completeDay(deps, day)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      notes.failed(SUBJECT, `${day} cannot be exported: ${reason}`)
      return { from: Date.parse(`${day}T00:00:00Z`), reason: `${day} cannot be exported (${reason})` }
    }
  }
  notes.fine(SUBJECT)
  return null
}

/** What experiments that are still read out need besides rows of days. */
function keptExperiments(
  experiments: readonly Experiment[],
  wanted: EpochMs,
): { readonly keys: ReadonlySet<string>; readonly frozen: readonly number[]; readonly lines: readonly string[] } {
  const held = experiments.filter((experiment) => isHeld(experiment, wanted))
  return {
    keys: new Set(held.map(({ design }) => design.key)),
    frozen: held.flatMap(({ stateId }) => (stateId === null ? [] : [stateId])),
    lines: held.flatMap(({ design }) => design.variants.map(({ name }) => `${design.key}/${name}`)),
  }
}

interface Scope {
  readonly since: EpochMs
  readonly kept: ReturnType<typeof keptExperiments>
}

/** Decisions first: what they speak of goes after them, so that none is left which speaks of what is gone. */
function* deletions(deps: RetentionDeps, scope: Scope): Generator<AsyncGenerator<number, void>> {
  const { retention } = deps.store
  yield steps(scope.since, (round) => retention.decisions(round))
  yield steps(scope.since, (round) => retention.outcomes(round))
  yield steps(scope.since, (round) => retention.opportunities(round))
  yield exposures(deps, scope)
  yield models(deps, scope)
}

/** A deletion from the oldest row on; one step at least. */
async function* steps(before: EpochMs, step: (round: Round) => Promise<Gone>): AsyncGenerator<number, void> {
  let after: Place | null = null
  do {
    const gone: Gone = await step({ before, after, limit: STEP_ROWS })
    yield gone.rows
    after = gone.next
  } while (after !== null)
}

/** Of what is over: who is in a holdout, or in an experiment that is still read out, stays noted with his first exposure. */
async function* exposures(deps: RetentionDeps, { since, kept }: Scope): AsyncGenerator<number, void> {
  const { retention } = deps.store
  for (const key of await retention.exposureKeys()) {
    if (kept.keys.has(key) || isStanding(deps.config, key, since)) continue
    yield* steps(since, (round) => retention.exposures(key, round))
  }
}

/** Holdouts of layers, and withheld messages of periods that are not over yet. */
function isStanding({ experiments: { layers, withholding } }: Deps['config'], key: string, since: EpochMs): boolean {
  if (layers.some(({ name }) => key === `layer:${name}`)) return true
  const [, period] = /^withhold:.+:(\d{1,9})$/.exec(key) ?? []
  if (withholding === null || period === undefined) return false
  return (Number(period) + 1) * withholding.periodDays * DAY_MS > since
}

async function* models(
  { store, clock, config, snapshots }: RetentionDeps,
  { since, kept }: Scope,
): AsyncGenerator<number, void> {
  const { retention } = store
  const oldest = await retention.oldestDecision()
  const before = Math.min(since, oldest === null ? since : midnightOf(oldest))
  const { version, state } = snapshots.current()
  const frozen = [...kept.frozen, state.id, ...snapshots.lines().map(({ id }) => id)]
  const options = { before, keep: config.learning.keepStates, lines: kept.lines, frozen, snapshot: version }
  for (;;) {
    const gone = await retention.models({ ...options, now: clock.now(), limit: STEP_STATES })
    yield gone
    if (gone === 0) break
  }
  yield await retention.counters(since)
}

/** Exported days go after their time too, but never before the store's: what a read-out needs lies in one of them. */
async function dropExported({ store, history, clock, config }: RetentionDeps, since: EpochMs): Promise<void> {
  const { exportedDays } = config.retention
  if (exportedDays === null) return
  const until = Math.min(since, midnightOf(clock.now()) - exportedDays * DAY_MS)
  if (until <= 0) return
  if (until > (await exportedSince(store.registry))) await store.registry.setSetting(EXPORTED_SINCE, String(until))
  await history.drop(dayOf(until))
}

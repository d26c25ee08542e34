import { type Decision, decide, hash53, type Opportunity, type Snapshot } from '@paloma/core'
import type { Store } from '../store/contract.ts'
import type { ReplayResult, Usecases } from './contract.ts'
import type { PastDeps } from './deps.ts'
import { differencesOf } from './differences.ts'
import { explain } from './explanation.ts'

/** Failures an audit hands out; the count has all of them. */
const SHOWN_FAILURES = 100
const PAGE = 500

/** One uniform number, the same for the same decision under the same rules and state. */
export function drawFor(decisionId: string, snapshot: Pick<Snapshot, 'version' | 'state'>): () => number {
  return () => hash53(decisionId, snapshot.version, String(snapshot.state.id))
}

/** Looking up, explaining and replaying what was decided; writes nothing. */
export function pastDecisionUsecases(
  deps: PastDeps,
): Pick<Usecases['decisions'], 'get' | 'explain' | 'replay' | 'audit'> {
  const { store } = deps
  return {
    get: (id) => store.decisions.get(id),
    async explain(id) {
      const decision = await store.decisions.get(id)
      return decision === undefined ? undefined : explain(deps, decision)
    },
    async replay(id) {
      const decision = await store.decisions.get(id)
      return decision === undefined ? undefined : (await replayPage(deps, [decision]))[0]
    },
    async audit({ day, onProgress }) {
      const failures: ReplayResult[] = []
      let checked = 0
      for await (const page of pagesOf(store, day)) {
        failures.push(...(await replayPage(deps, page)).filter(({ identical }) => !identical))
        checked += page.length
        onProgress?.(checked)
      }
      return { checked, identical: checked - failures.length, failures: failures.slice(0, SHOWN_FAILURES) }
    },
  }
}

async function* pagesOf(store: Store, day: string | undefined): AsyncGenerator<readonly Decision[]> {
  for (const each of day === undefined ? await store.decisions.days() : [day]) {
    let page = await store.decisions.listByDay(each, null, PAGE)
    while (page.length > 0) {
      yield page
      page = await store.decisions.listByDay(each, page[page.length - 1]!.decisionId, PAGE)
    }
  }
}

/** Computes decisions again from what is stored, with one look at the store for all their opportunities. */
async function replayPage(deps: PastDeps, page: readonly Decision[]): Promise<readonly ReplayResult[]> {
  const ids = new Set(page.flatMap(({ inputs }) => inputs.opportunityIds))
  const stored = await deps.store.opportunities.get([...ids])
  const results: ReplayResult[] = []
  for (const logged of page) results.push(await replayOne(deps, logged, stored))
  return results
}

type Stored = Awaited<ReturnType<Store['opportunities']['get']>>

async function replayOne({ snapshots }: PastDeps, logged: Decision, stored: Stored): Promise<ReplayResult> {
  const snapshot = await snapshots.at(logged.snapshotVersion, logged.stateId)
  const opportunities: Opportunity[] = []
  for (const id of logged.inputs.opportunityIds) {
    const found = stored.get(id)
    if (found !== undefined) opportunities.push(found.opportunity)
  }
  const { user, context } = logged.inputs
  const { decisionId, trigger, at } = logged
  const request = { decisionId, user, opportunities, context, trigger }
  const replayed = decide(snapshot, request, { now: at, random: drawFor(decisionId, snapshot) })
  const differences = differencesOf(logged, replayed)
  return { decisionId, identical: differences.length === 0, differences }
}

import { type Decision, drawAuditor, type Opportunity, PalomaError, type Snapshot, summaryOf } from '@paloma/core'
import type { Store } from '../store/contract.ts'
import { attemptDecision } from './attempt-decision.ts'
import type { AuditResult, ItemError, ReplayResult, Usecases } from './contract.ts'
import type { PastDeps } from './deps.ts'
import { differencesOf } from './differences.ts'
import { explain } from './explanation.ts'
import { dayOf, keptSince } from './kept-since.ts'

/** Failures an audit hands out; the count has all of them. */
const SHOWN_FAILURES = 100
const PAGE = 500

/** Looking up, explaining and replaying what was decided; writes nothing. */
export function pastDecisionUsecases(
  deps: PastDeps,
): Pick<Usecases['decisions'], 'get' | 'list' | 'explain' | 'replay' | 'audit'> {
  const { store } = deps
  return {
    get: (id) => store.decisions.get(id),
    async list(page) {
      const decisions = await store.decisions.listRecent(page)
      const sends = await store.sends.byDecision(decisions.map(({ decisionId }) => decisionId))
      return decisions.map((each) => ({ decision: summaryOf(each), send: sends.get(each.decisionId) ?? null }))
    },
    async explain(id) {
      const decision = await store.decisions.get(id)
      return decision === undefined ? undefined : explain(deps, decision)
    },
    async replay(id) {
      const decision = await store.decisions.get(id)
      return decision === undefined ? undefined : (await replayPage(deps, [decision]))[0]
    },
    async audit({ day, onProgress }) {
      const audit = pageAudit(deps)
      for await (const page of pagesOf(store, day)) {
        const checked = await audit.add(page)
        onProgress?.(checked)
      }
      return audit.result()
    },
  }
}

/** An audit in the making, page by page. */
export interface PageAudit {
  /** Answers how many decisions were looked at so far. */
  add(page: readonly Decision[]): Promise<number>
  result(): AuditResult
}

/** Replays pages of decisions, and audits their draws policy by policy. */
export function pageAudit(deps: PastDeps): PageAudit {
  const draws = drawAuditor()
  const failures: ReplayResult[] = []
  let [checked, failed] = [0, 0]
  return {
    async add(page) {
      for (const result of await replayPage(deps, page)) {
        if (result.identical) continue
        failed += 1
        if (failures.length < SHOWN_FAILURES) failures.push(result)
      }
      for (const decision of page) if (decision.reason === 'policy') draws.add(decision)
      checked += page.length
      return checked
    },
    result: () => ({ checked, identical: checked - failed, failures, draws: draws.result() }),
  }
}

async function* pagesOf(store: Store, day: string | undefined): AsyncGenerator<readonly Decision[]> {
  for (const each of await wholeDays(store, day)) {
    let page = await store.decisions.listByDay(each, null, PAGE)
    while (page.length > 0) {
      yield page
      page = await store.decisions.listByDay(each, page[page.length - 1]!.decisionId, PAGE)
    }
  }
}

/** The one day that is asked for, or all; rejects with DAY_GONE where it was deleted. */
async function wholeDays({ decisions, registry }: Store, day: string | undefined): Promise<readonly string[]> {
  const since = dayOf(await keptSince(registry))
  if (day === undefined) return (await decisions.days()).filter((each) => each >= since)
  if (day >= since) return [day]
  throw new PalomaError('DAY_GONE', `${day} was deleted for its age: the store keeps what happened since ${since}`)
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

/** The snapshot of a decision, or the fault that says what the store no longer has. */
async function snapshotOf(
  { snapshots }: PastDeps,
  { snapshotVersion, stateId }: Decision,
): Promise<Snapshot | PalomaError> {
  try {
    return await snapshots.at(snapshotVersion, stateId)
  } catch (error) {
    if (error instanceof PalomaError) return error
    throw error
  }
}

function notReplayed({ decisionId }: Decision, { code, detail }: Pick<ItemError, 'code' | 'detail'>): ReplayResult {
  return { decisionId, identical: false, differences: [], fault: { code, detail } }
}

async function replayOne(deps: PastDeps, logged: Decision, stored: Stored): Promise<ReplayResult> {
  const snapshot = await snapshotOf(deps, logged)
  if (snapshot instanceof PalomaError) return notReplayed(logged, { code: snapshot.code, detail: snapshot.message })
  const opportunities: Opportunity[] = []
  for (const id of logged.inputs.opportunityIds) {
    const found = stored.get(id)
    if (found === undefined) {
      const detail = `opportunity ${id}, which it weighed, is no longer stored`
      return notReplayed(logged, { code: 'OPPORTUNITY_GONE', detail })
    }
    opportunities.push(found.opportunity)
  }
  const { user, context } = logged.inputs
  const { decisionId, trigger, at } = logged
  const request = { decisionId, user, opportunities, context, trigger }
  const replayed = attemptDecision(snapshot, request, at)
  if (!replayed.ok) return notReplayed(logged, replayed.error)
  const differences = differencesOf(logged, replayed.decision)
  return { decisionId, identical: differences.length === 0, differences }
}

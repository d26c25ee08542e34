import type { EpochMs } from '@paloma/core'
import { clockMover } from './advance.ts'
import type { Usecases } from './contract.ts'
import { decisionUsecases } from './decisions.ts'
import type { Deps } from './deps.ts'
import { createDispatcher, type Dispatcher } from './dispatch.ts'
import { type DueWork, drain, drainLanes } from './due-work.ts'
import { resumeErasures } from './erasure.ts'
import { evaluationUsecases } from './evaluations.ts'
import { eventUsecases } from './events.ts'
import { experimentUsecases } from './experiments.ts'
import { groupUsecases } from './groups.ts'
import { type HealthSources, healthUsecases } from './health.ts'
import { createHeartbeats, type Heartbeats } from './heartbeats.ts'
import { EXPORTER, exportNewDays, historyUsecases } from './history.ts'
import { inboxUsecases } from './inbox.ts'
import { keyUsecases } from './keys.ts'
import { createLearner, type Learner } from './learner.ts'
import { mailReportUsecases } from './mail-reports.ts'
import { nightlyAuditor } from './nightly-audit.ts'
import { NO_NOTES, type Notes } from './notes.ts'
import { opportunityUsecases } from './opportunities.ts'
import { policyUsecases } from './policies.ts'
import { retainer } from './retainer.ts'
import { retentionUsecases } from './retention-status.ts'
import { unsubscribeUsecases } from './unsubscribe.ts'
import { userUsecases } from './users.ts'

/** Planned sends decided again in one go: callers wait meanwhile. */
const PLAN_BATCH = 50
/** Opportunities that are closed in one go. */
const BATCH = 500
/** A dispatch of another process that has not changed for so long was left behind: no provider takes that long. */
const LEFT_BEHIND_MS = 600_000

/** What the process around the use cases offers them. */
export interface Shell extends Pick<HealthSources, 'checkDisk' | 'usersInMemory'> {
  readonly notes?: Notes
}

/** Joins the use cases over their contracts. */
export function createUsecases(
  deps: Deps,
  wallClock: () => EpochMs,
  shell: Shell = {},
): { readonly usecases: Usecases; readonly due: DueWork; readonly heartbeats: Heartbeats } {
  const { notes = NO_NOTES, ...sources } = shell
  const users = userUsecases(deps)
  const events = eventUsecases(deps, users.upsert)
  const decisions = decisionUsecases(deps)
  const dispatcher = createDispatcher(deps, { wallClock, notes })
  const learner = createLearner(deps, notes)
  const heartbeats = createHeartbeats(wallClock)
  const retain = retainer(deps, { notes, wallClock })
  const audit = nightlyAuditor(deps, { notes })
  const due = dueWork(deps, { decisions, dispatcher, learner, retain, audit })
  const usecases: Usecases = {
    users,
    opportunities: opportunityUsecases(deps),
    events,
    mailReports: mailReportUsecases(deps, events),
    decisions,
    groups: groupUsecases(deps),
    experiments: experimentUsecases(deps),
    evaluations: evaluationUsecases(deps, { wallClock, notes }),
    policies: policyUsecases(deps),
    keys: keyUsecases(deps, wallClock),
    inbox: inboxUsecases(deps),
    unsubscribe: unsubscribeUsecases(deps, users.upsert),
    clock: { isVirtual: deps.clock.isVirtual, now: () => deps.clock.now(), advance: clockMover(deps, due) },
    history: historyUsecases(deps),
    retention: retentionUsecases(deps),
    health: healthUsecases(deps, { ...sources, dispatcher, learner, heartbeats, wallClock }),
  }
  return { usecases, due, heartbeats }
}

interface Workers {
  readonly decisions: { redecide(limit: number): Promise<number> }
  readonly dispatcher: Dispatcher
  readonly learner: Learner
  readonly retain: DueWork['retain']
  readonly audit: DueWork['audit']
}

function dueWork(deps: Deps, { decisions, dispatcher, learner, retain, audit }: Workers): DueWork {
  const { store, clock, config, inboxFeed } = deps
  return {
    lanes: dispatcher.lanes,
    retain,
    audit,
    redecide: (rounds) => drain(() => decisions.redecide(PLAN_BATCH), PLAN_BATCH, rounds),
    dispatch: () => drainLanes(dispatcher, clock.isVirtual),
    learn: async () => (await learner.run()).id,
    prune: async (rounds) => {
      const closed = await drain(() => store.opportunities.closeExpired(clock.now(), BATCH), BATCH, rounds)
      return closed + (await store.registry.pruneStates(config.learning.keepStates))
    },
    followExperiments: async () => ((await deps.snapshots.follow(clock.now())) ? 1 : 0),
    exportHistory: async () => ((await store.lead(EXPORTER)) ? exportNewDays(deps) : 0),
    erase: () => resumeErasures(deps),
    recover: async () => (store.traits.isShared ? store.sends.recover(clock.now() - LEFT_BEHIND_MS, clock.now()) : 0),
    pollInbox: async () => (store.traits.isShared ? inboxFeed.poll() : 0),
  }
}

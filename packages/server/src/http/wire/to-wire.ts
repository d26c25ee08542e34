import { wordsForCode } from '@paloma/core'
import type {
  Action,
  Candidate,
  Decision,
  DecisionSummary,
  EpochMs,
  Opportunity,
  Outcome,
  Refusal,
  UserProfile,
} from '@paloma/core/domain'
import { assertNever } from '@paloma/core/domain'
import type {
  WireAction,
  WireDecision,
  WireDecisionAnswer,
  WireExplainedAction,
  WireExplanation,
  WireGroupComparison,
  WireInboxItem,
  WireInterval,
  WireOpportunity,
  WireOutcome,
  WireRefusal,
  WireSend,
  WireTimelineEntry,
  WireUser,
} from '@paloma/sdk'
import type { InboxItem, OpportunityStatus, Send } from '../../store/contract.ts'
import type { ExplainedAction, Explanation, GroupComparison, Interval, TimelineEntry } from '../../usecases/contract.ts'

let recent = { moment: 0, text: '1970-01-01T00:00:00.000Z' }

/** A moment as the wire shows it. `iso(0)` is `1970-01-01T00:00:00.000Z`. A memo of one: answers of a batch share theirs. */
export function iso(moment: EpochMs): string {
  if (recent.moment !== moment) recent = { moment, text: new Date(moment).toISOString() }
  return recent.text
}

export function wireUser(profile: UserProfile): WireUser {
  return {
    ...profile,
    suppressions: profile.suppressions.map((each) => ({ ...each, since: iso(each.since) })),
    createdAt: iso(profile.createdAt),
  }
}

export function wireOpportunity(opportunity: Opportunity, status: OpportunityStatus): WireOpportunity {
  const { notBefore, expires } = opportunity.window
  return { ...opportunity, window: { notBefore: iso(notBefore), expires: iso(expires) }, status }
}

function wireAction(action: Action): WireAction {
  return action.kind === 'hold' ? { kind: 'hold' } : { ...action, sendAt: iso(action.sendAt) }
}

function wireCandidate(candidate: Candidate): WireDecision['refused'][number]['candidate'] {
  return { ...candidate, sendAt: iso(candidate.sendAt) }
}

function wireRefusal({ until, ...refusal }: { reason: string; rule?: string; until?: EpochMs }): WireRefusal {
  const said = { ...refusal, words: wordsForCode(refusal.reason) }
  return until === undefined ? said : { ...said, until: iso(until) }
}

function wireRefusals(refusals: readonly (Refusal | ExplainedAction['refusals'][number])[]): readonly WireRefusal[] {
  return refusals.map(wireRefusal)
}

/** The short answer to a request for a decision. */
export function wireDecisionAnswer(value: {
  readonly decision: DecisionSummary
  readonly send: Pick<Send, 'sendId' | 'status'> | null
}): WireDecisionAnswer {
  const { decision, send } = value
  return {
    decisionId: decision.decisionId,
    userId: decision.userId,
    at: iso(decision.at),
    action: wireAction(decision.action),
    propensity: decision.propensity,
    reason: decision.reason,
    policy: decision.policy,
    stateId: decision.stateId,
    assignments: decision.assignments,
    sendId: send?.sendId ?? null,
    sendStatus: send?.status ?? null,
  }
}

/** The whole record of a decision. */
export function wireDecision(decision: Decision): WireDecision {
  const { user, opportunityIds, context } = decision.inputs
  const { sends, responses, visits } = user.history
  return {
    ...decision,
    at: iso(decision.at),
    reasonWords: wordsForCode(decision.reason),
    actions: decision.actions.map(wireAction),
    refused: decision.refused.map(({ candidate, refusals }) => ({
      candidate: wireCandidate(candidate),
      refusals: wireRefusals(refusals),
    })),
    inputs: {
      profile: wireUser(user.profile),
      history: {
        sends: sends.map((each) => ({ ...each, at: iso(each.at) })),
        responses: responses.map((each) => ({ ...each, at: iso(each.at) })),
        visits: visits.map(iso),
      },
      opportunityIds,
      context,
    },
  }
}

function wireExplainedAction(action: ExplainedAction): WireExplainedAction {
  return {
    ...action,
    sendAt: action.sendAt === null ? null : iso(action.sendAt),
    refusals: wireRefusals(action.refusals),
  }
}

export function wireExplanation(explanation: Explanation): WireExplanation {
  return {
    ...explanation,
    at: iso(explanation.at),
    reasonWords: wordsForCode(explanation.reason),
    chosen: wireExplainedAction(explanation.chosen),
    actions: explanation.actions.map(wireExplainedAction),
  }
}

function wireOutcome(outcome: Outcome): WireOutcome {
  return { ...outcome, at: iso(outcome.at), receivedAt: iso(outcome.receivedAt) }
}

function wireSend(send: Send): WireSend {
  return {
    ...send,
    dueAt: iso(send.dueAt),
    updatedAt: iso(send.updatedAt),
    refusals: wireRefusals(send.refusals),
  }
}

export function wireTimelineEntry(entry: TimelineEntry): WireTimelineEntry {
  const at = iso(entry.at)
  switch (entry.kind) {
    case 'decision':
      return { kind: 'decision', at, decision: wireDecision(entry.decision) }
    case 'outcome':
      return { kind: 'outcome', at, outcome: wireOutcome(entry.outcome) }
    case 'send':
      return { kind: 'send', at, send: wireSend(entry.send) }
    case 'opportunity':
      return { kind: 'opportunity', at, opportunity: wireOpportunity(entry.opportunity, entry.status) }
    default:
      return assertNever(entry)
  }
}

export function wireInboxItem(item: InboxItem): WireInboxItem {
  return { ...item, createdAt: iso(item.createdAt), statusAt: iso(item.statusAt) }
}

/** JSON has no NaN: what is unknown is null. */
export function wireGroupComparison(comparison: GroupComparison): WireGroupComparison {
  const groups = mapValues(comparison.groups, (group) => ({
    ...group,
    reach: finiteOrNull(group.reach),
    objectives: mapValues(group.objectives, wireInterval),
    combined: wireInterval(group.combined),
  }))
  const differences = mapValues(comparison.differences, (pair) => mapValues(pair, wireInterval))
  return { ...comparison, from: iso(comparison.from), until: iso(comparison.until), groups, differences }
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Readonly<Record<string, B>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]))
}

function wireInterval({ mean, low, high }: Interval): WireInterval {
  return { mean: finiteOrNull(mean), low: finiteOrNull(low), high: finiteOrNull(high) }
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

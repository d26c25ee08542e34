import { propensityFactors } from '@paloma/core'
import {
  type Action,
  chosenAction,
  type Decision,
  NO_HISTORY,
  type Opportunity,
  sendId,
  summaryOf,
  type UserProfile,
} from '@paloma/core/domain'
import type { Send } from '../../store/contract.ts'
import type { DecideCommand, ExplainedAction, Explanation, Usecases } from '../../usecases/contract.ts'
import type { Stored } from './stored.ts'

type Decided = Awaited<ReturnType<Usecases['decisions']['decide']>>[number]

/** Decisions that prefer the oldest open opportunity and draw evenly. */
export function fakeDecisions(stored: Stored): Usecases['decisions'] {
  return {
    decide: async (commands) => commands.map((command) => decideOne(stored, command)),
    get: async (id) => stored.decisions.get(id)?.decision,
    list: async ({ before, limit }) => {
      const newest = [...stored.decisions.values()].reverse()
      const from = before === undefined ? 0 : newest.findIndex(({ decision }) => decision.decisionId === before) + 1
      return newest.slice(from, from + limit).map(answerOf)
    },
    explain: async (id) => {
      const decision = stored.decisions.get(id)?.decision
      return decision === undefined ? undefined : explained(decision)
    },
    replay: async (id) => (stored.decisions.has(id) ? { decisionId: id, identical: true, differences: [] } : undefined),
    audit: async ({ day }) => {
      const of = [...stored.decisions.values()].filter(
        ({ decision }) => day === undefined || new Date(decision.at).toISOString().startsWith(day),
      )
      return { checked: of.length, identical: of.length, failures: [], draws: [] }
    },
  }
}

function decideOne(stored: Stored, command: DecideCommand): Decided {
  const fingerprint = JSON.stringify(command)
  const known = stored.decisions.get(command.decisionId)
  if (known !== undefined && known.command !== fingerprint) {
    const detail = 'this decisionId was used for another request'
    return { ok: false, error: { code: 'DECISION_CONFLICT', detail, pointer: '/decisionId' } }
  }
  if (known !== undefined) return { ok: true, status: 'duplicate', value: answerOf(known) }
  const profile = stored.users.get(command.userId)
  if (profile === undefined) {
    return { ok: false, error: { code: 'USER_NOT_FOUND', detail: 'no such user', pointer: '/userId' } }
  }
  const opportunity = [...stored.opportunities.values()].find(
    (each) => each.opportunity.userId === command.userId && each.status === 'open',
  )
  const decision = decisionOf(stored, { command, profile, opportunity: opportunity?.opportunity })
  const send = opportunity === undefined || !command.deliver ? null : sendOf(decision, opportunity.opportunity)
  if (opportunity !== undefined && send !== null) opportunity.status = 'taken'
  stored.decisions.set(command.decisionId, { command: fingerprint, decision, send })
  return { ok: true, status: 'created', value: answerOf({ decision, send }) }
}

function answerOf({ decision, send }: { readonly decision: Decision; readonly send: Send | null }) {
  return { decision: summaryOf(decision), send }
}

function decisionOf(
  stored: Stored,
  of: { command: DecideCommand; profile: UserProfile; opportunity: Opportunity | undefined },
): Decision {
  const { command, profile, opportunity } = of
  const at = command.at ?? stored.now
  const send: readonly Action[] =
    opportunity === undefined
      ? []
      : [
          {
            kind: 'send',
            opportunityId: opportunity.id,
            variant: opportunity.variants[0]?.name ?? 'default',
            channel: opportunity.channels[0] ?? 'in-app',
            sendAt: at,
          },
        ]
  const actions: readonly Action[] = [{ kind: 'hold' }, ...send]
  const share = 1 / actions.length
  const zeros = actions.map(() => 0)
  return {
    decisionId: command.decisionId,
    userId: command.userId,
    at,
    trigger: 'request',
    snapshotVersion: 'fake',
    stateId: stored.stateId,
    policy: 'paloma/fake',
    assignments: [{ experiment: 'groups', variant: 'paloma' }],
    reason: opportunity === undefined ? 'nothing-eligible' : 'policy',
    actions,
    values: { conversion: { mean: zeros, variance: zeros } },
    prices: zeros,
    losses: {},
    scores: zeros,
    scoreVariances: zeros,
    probabilities: actions.map(() => share),
    chosen: actions.length - 1,
    propensity: share,
    draw: 0.75,
    refused: [],
    learning: null,
    inputs: {
      user: { profile, history: { ...NO_HISTORY, visits: [at - 1] } },
      opportunityIds: opportunity === undefined ? [] : [opportunity.id],
      messages: opportunity === undefined ? [] : [opportunity.message],
      context: command.context,
    },
  }
}

function sendOf(decision: Decision, opportunity: Opportunity): Send {
  const action = chosenAction(decision)
  return {
    sendId: sendId(`send-${decision.decisionId}`),
    decisionId: decision.decisionId,
    userId: decision.userId,
    opportunityId: opportunity.id,
    message: opportunity.message,
    variant: action.kind === 'send' ? action.variant : 'default',
    channel: action.kind === 'send' ? action.channel : 'in-app',
    category: opportunity.category,
    topic: opportunity.topic,
    groupKey: opportunity.groupKey ?? null,
    decidedAt: decision.at,
    dueAt: decision.at,
    status: 'reserved',
    attempts: 0,
    updatedAt: decision.at,
    providerMessageId: null,
    error: null,
    refusals: [{ reason: 'capped', rule: 'four-a-week', until: decision.at }],
  }
}

function explained(decision: Decision): Explanation {
  const actions = decision.actions.map(
    (action, index): ExplainedAction => ({
      action: action.kind === 'hold' ? 'hold' : action.opportunityId,
      opportunityId: action.kind === 'hold' ? null : action.opportunityId,
      message: null,
      variant: action.kind === 'hold' ? null : action.variant,
      channel: action.kind === 'hold' ? null : action.channel,
      sendAt: action.kind === 'hold' ? null : action.sendAt,
      probability: decision.probabilities[index] ?? 0,
      withoutExploration: index === decision.chosen ? 1 : 0,
      score: 0,
      scoreSd: 0,
      price: 0,
      values: { conversion: { value: 0, sd: 0, weighted: 0, unit: 'EUR' } },
      refusals: [],
    }),
  )
  return {
    decisionId: decision.decisionId,
    userId: decision.userId,
    at: decision.at,
    reason: decision.reason,
    summary: ['chosen by the fake'],
    chosen: actions[decision.chosen]!,
    factors: propensityFactors(decision),
    actions,
    contributions: [],
    policy: decision.policy,
    snapshotVersion: decision.snapshotVersion,
    stateId: decision.stateId,
  }
}

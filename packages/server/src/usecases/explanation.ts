import { type Action, contributionsOf, type Decision, type Opportunity, type Snapshot } from '@paloma/core'
import type { ExplainedAction, Explanation } from './contract.ts'
import type { PastDeps } from './deps.ts'

function identityOf(
  action: Action,
  messages: ReadonlyMap<string, Opportunity>,
): Omit<ExplainedAction, 'probability' | 'score' | 'scoreSd' | 'price' | 'values' | 'refusals'> {
  if (action.kind === 'hold') {
    return { action: 'hold', opportunityId: null, message: null, variant: null, channel: null, sendAt: null }
  }
  const { opportunityId, variant, channel, sendAt } = action
  const message = messages.get(opportunityId)?.message ?? null
  return {
    action: `${message ?? opportunityId}/${variant}/${channel}`,
    opportunityId,
    message,
    variant,
    channel,
    sendAt,
  }
}

function explainedAction(
  decision: Decision,
  i: number,
  names: { snapshot: Snapshot; messages: ReadonlyMap<string, Opportunity> },
): ExplainedAction {
  const values = Object.fromEntries(
    names.snapshot.objectives.map(({ name, unit, weight }) => {
      const estimate = decision.values[name]
      const value = estimate?.mean[i] ?? 0
      return [name, { value, sd: Math.sqrt(estimate?.variance[i] ?? 0), weighted: weight * value, unit }]
    }),
  )
  return {
    ...identityOf(decision.actions[i]!, names.messages),
    probability: decision.probabilities[i]!,
    score: decision.scores[i]!,
    scoreSd: Math.sqrt(decision.scoreVariances[i]!),
    price: decision.prices[i]!,
    values,
    refusals: [],
  }
}

function sentences(chosen: ExplainedAction, decision: Decision): readonly string[] {
  const percent = `${(100 * decision.propensity).toPrecision(3)} %`
  if (chosen.action === 'hold')
    return [`Nothing is sent (${decision.reason}); holding had a probability of ${percent}.`]
  const effects = Object.entries(chosen.values).map(([name, { value, unit }]) => {
    const amount = `${Math.abs(value).toPrecision(2)} ${unit}`
    return value < 0 ? `costs ${amount} (${name})` : `is expected to bring ${amount} more than holding (${name})`
  })
  return [
    `${chosen.action} was chosen with a probability of ${percent} (${decision.reason}).`,
    ...effects.map((e) => `It ${e}.`),
  ]
}

/** Everything that spoke for and against each action of a decision, in numbers and in words. */
export async function explain({ store, snapshots }: PastDeps, decision: Decision): Promise<Explanation> {
  const snapshot = await snapshots.at(decision.snapshotVersion, decision.stateId)
  const stored = await store.opportunities.get(decision.inputs.opportunityIds)
  const messages = new Map([...stored].map(([id, { opportunity }]) => [id as string, opportunity]))
  const actions = decision.actions.map((_, i) => explainedAction(decision, i, { snapshot, messages }))
  const chosen = actions[decision.chosen]!
  const refused = decision.refused.map(
    ({ candidate, refusals }): ExplainedAction => ({
      ...identityOf({ kind: 'send', ...candidate }, messages),
      probability: 0,
      score: 0,
      scoreSd: 0,
      price: 0,
      values: {},
      refusals,
    }),
  )
  return {
    decisionId: decision.decisionId,
    userId: decision.userId,
    at: decision.at,
    reason: decision.reason,
    summary: sentences(chosen, decision),
    chosen,
    actions: [...actions.sort((a, b) => b.score - a.score), ...refused],
    contributions: contributionsOf(snapshot, decision, [...messages.values()]).slice(0, 20),
    policy: decision.policy,
    snapshotVersion: decision.snapshotVersion,
    stateId: decision.stateId,
  }
}

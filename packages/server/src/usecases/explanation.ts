import {
  type Action,
  ANSWERS,
  chosenAction,
  contributionsOf,
  type Decision,
  HOUR_MS,
  horizonOf,
  type Objective,
  type Opportunity,
  propensityFactors,
  reachCostsOf,
  type Snapshot,
  slowSharesOf,
  snapshotFor,
  visitChancesOf,
  withoutExploration,
  wordsForCode,
} from '@paloma/core'
import type { ExplainedAction, Explanation } from './contract.ts'
import type { PastDeps } from './deps.ts'
import { targetSentences } from './target-words.ts'

function identityOf(
  action: Action,
  messages: ReadonlyMap<string, Opportunity>,
): Omit<ExplainedAction, 'probability' | 'withoutExploration' | 'score' | 'scoreSd' | 'price' | 'values' | 'refusals'> {
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

interface Names {
  /** By action, its probability if nobody explored. */
  readonly best: Float64Array | null
  readonly snapshot: Snapshot
  readonly messages: ReadonlyMap<string, Opportunity>
}

type Estimate = ExplainedAction['values'][string]

function estimatesOf(decision: Decision, i: number, { objectives }: Snapshot): Readonly<Record<string, Estimate>> {
  const estimates = objectives.flatMap(({ name, unit, weight }): readonly [string, Estimate][] => {
    const value = decision.values[name]?.mean[i]
    const variance = decision.values[name]?.variance[i]
    if (value === undefined || variance === undefined) return []
    return [[name, { value, sd: Math.sqrt(variance), weighted: weight * value, unit }]]
  })
  return Object.fromEntries(estimates)
}

function explainedAction(decision: Decision, i: number, { snapshot, messages, best }: Names): ExplainedAction {
  return {
    ...identityOf(decision.actions[i]!, messages),
    probability: decision.probabilities[i]!,
    withoutExploration: best === null ? null : best[i]!,
    score: decision.scores[i]!,
    scoreSd: Math.sqrt(decision.scoreVariances[i]!),
    price: decision.prices[i]!,
    values: estimatesOf(decision, i, snapshot),
    refusals: [],
  }
}

/** A refused action was never valued, and its chance was none. */
function refusedAction(
  { candidate, refusals }: Decision['refused'][number],
  { messages, isByScore }: { readonly messages: Names['messages']; readonly isByScore: boolean },
): ExplainedAction {
  const notValued = { score: null, scoreSd: null, price: null, values: {} }
  const identity = identityOf({ kind: 'send', ...candidate }, messages)
  return { ...identity, probability: 0, withoutExploration: isByScore ? 0 : null, ...notValued, refusals }
}

/** `: 0.39 by push-disabled, 0.02 by uninstalled`, where the price of a send in reach was counted by hazards. */
function causesOf(objective: Objective | undefined, decision: Decision): string {
  if (objective === undefined) return ''
  const costs = reachCostsOf(objective, decision).map(({ cause, cost }) => `${cost.toPrecision(2)} by ${cause}`)
  return costs.length === 0 ? '' : `: ${costs.join(', ')}${worthOf(decision)}`
}

/** `; a day on push is worth 0.6 ± 0.1 of a usual one here`, where that was learned from the log. */
function worthOf(decision: Decision): string {
  const action = chosenAction(decision)
  const worth = action.kind === 'hold' ? undefined : decision.dayWorths?.[action.channel]
  if (worth === undefined || action.kind === 'hold') return ''
  const { times, sd } = worth
  return `; a day on ${action.channel} is worth ${times.toPrecision(2)} ± ${sd.toPrecision(1)} of a usual one here`
}

function sentences(
  chosen: ExplainedAction,
  decision: Decision,
  { objectives, messages, state }: Snapshot,
): readonly string[] {
  const percent = percentOf(decision.propensity)
  if (chosen.action === 'hold')
    return [`Nothing is sent (${wordsForCode(decision.reason)}); holding had a probability of ${percent}.`]
  const effects = Object.entries(chosen.values).map(([name, { value, unit }]) => {
    const amount = `${Math.abs(value).toPrecision(2)} ${unit}`
    const causes = causesOf(
      objectives.find((objective) => objective.name === name),
      decision,
    )
    return value < 0
      ? `costs ${amount} (${name})${causes}`
      : `is expected to bring ${amount} more than holding (${name})`
  })
  return [
    `${chosen.action} was chosen with a probability of ${percent} (${wordsForCode(decision.reason)}).`,
    ...effects.map((e) => `It ${e}.`),
    ...variantSentences(chosen, decision, messages),
    ...horizonSentences(state),
  ]
}

/** That chance chose something else than the best guess, and what that was: with its moment where it is the same message by the same way. */
function exploredSentences(
  chosen: ExplainedAction,
  actions: readonly ExplainedAction[],
  { at }: Pick<Decision, 'at'>,
): readonly string[] {
  if (chosen.withoutExploration !== 0) return []
  const best = actions.filter(({ withoutExploration: chance }) => chance !== null && chance > 0)
  const nameOf = ({ action, sendAt }: ExplainedAction): string => {
    if (action !== chosen.action || sendAt === null) return action
    return sendAt > at ? `${action} ${hoursOf(sendAt - at)} h later` : `${action} at once`
  }
  return [`That explored: the best guess was ${[...new Set(best.map(nameOf))].join(' or ')}.`]
}

/** `95 % = send 98 % × channel 97 %`, where more than one step hung on chance. */
function factorSentences(factors: Explanation['factors']): readonly string[] {
  const open = factors.filter(({ probability }) => probability < 1)
  if (open.length < 2) return []
  const parts = open.map(({ step, probability }) => `${step} ${percentOf(probability)}`)
  return [`The probability is a product: ${parts.join(' × ')}.`]
}

/** Whether the user would have come anyway, where an objective looks at the next visit. */
function visitSentences(snapshot: Snapshot, decision: Decision): readonly string[] {
  const action = chosenAction(decision)
  return visitChancesOf(snapshot, decision).map(({ objective, windowHours, without, withoutSd, withSend }) => {
    const chance = `${percentOf(without)} ± ${percentOf(withoutSd)}`
    if (withSend === null || action.kind === 'hold') {
      return `Without a message the user comes within ${windowHours} h with a chance of ${chance} (${objective}).`
    }
    const later = action.sendAt > decision.at ? `, sent ${hoursOf(action.sendAt - decision.at)} h later,` : ''
    return `The user would come within ${windowHours} h anyway with a chance of ${chance}; with this ${action.channel} message${later} ${percentOf(withSend)} (${objective}).`
  })
}

function hoursOf(ms: number): string {
  return String(Math.round((10 * ms) / HOUR_MS) / 10)
}

/** What the artifact's log odds had to say, where it tells any. */
function slowSentences(snapshot: Snapshot, decision: Decision, messages: Names['messages']): readonly string[] {
  return slowSharesOf(snapshot, decision, [...messages.values()]).map(({ of, logOdds, factor, factorSd }) => {
    const times = Math.exp(logOdds).toPrecision(3)
    const believed = `factor ${factor.toPrecision(2)} ± ${factorSd.toPrecision(1)}`
    return `The slow model multiplies the odds of ${wordsOf(of)} by ${times} (${believed}).`
  })
}

function wordsOf(told: string): string {
  return told === ANSWERS ? 'an answer' : told.startsWith('loss') ? `a ${told}` : told
}

function percentOf(probability: number): string {
  return `${(100 * probability).toPrecision(3)} %`
}

/** Which early signals were no longer believed when this was decided. */
function horizonSentences({ messages }: Snapshot['state']): readonly string[] {
  return Object.entries(messages?.objectives ?? {}).flatMap(([name, evidence]) => {
    const { horizonHours, trust, givenUp } = horizonOf(evidence)
    const [longest] = givenUp
    if (longest === undefined) return []
    const instead = `${trust === 'observed' ? 'what was seen in' : 'forecasts for'} ${horizonHours} h counted instead`
    return [
      `What messages bring for ${name} within ${longest.horizonHours} h was not forecast (${longest.reason}): ${instead}.`,
    ]
  })
}

/** How the variant was chosen, where the variants of the message compete. */
function variantSentences(
  { message, opportunityId, channel, sendAt, variant }: ExplainedAction,
  { actions, probabilities, propensity }: Decision,
  messages: Snapshot['messages'],
): readonly string[] {
  if (message === null || messages?.variants[message] === undefined) return []
  const rivals = actions.flatMap((action, k) => {
    if (action.kind === 'hold' || action.opportunityId !== opportunityId) return []
    return action.channel === channel && action.sendAt === sendAt ? [probabilities[k]!] : []
  })
  const all = rivals.reduce((sum, probability) => sum + probability, 0)
  const { audience } = messages.variants[message]
  return [
    `Of ${rivals.length} variants of ${message} that compete for an audience of ${audience}, ${variant} had ${percentOf(propensity / all)}.`,
  ]
}

/** Everything that spoke for and against each action of a decision, in numbers and in words. */
export async function explain({ store, snapshots }: PastDeps, decision: Decision): Promise<Explanation> {
  const { inputs, at } = decision
  const base = await snapshots.at(decision.snapshotVersion, decision.stateId)
  const snapshot = snapshotFor(base, inputs.user.profile, at)
  const stored = await store.opportunities.get(decision.inputs.opportunityIds)
  const messages = new Map([...stored].map(([id, { opportunity }]): [string, Opportunity] => [id, opportunity]))
  const best = withoutExploration(decision)
  const actions = decision.actions.map((_, i) => explainedAction(decision, i, { snapshot, messages, best }))
  const chosen = actions[decision.chosen]!
  const factors = propensityFactors(decision)
  const order = [...actions.keys()].sort((a, b) => decision.scores[b]! - decision.scores[a]!)
  return {
    decisionId: decision.decisionId,
    userId: decision.userId,
    at: decision.at,
    reason: decision.reason,
    summary: [
      ...sentences(chosen, decision, snapshot),
      ...exploredSentences(chosen, actions, decision),
      ...factorSentences(factors),
      ...visitSentences(snapshot, decision),
      ...targetSentences(decision, snapshot),
      ...slowSentences(snapshot, decision, messages),
    ],
    chosen,
    factors,
    actions: [
      ...order.map((i) => actions[i]!),
      ...decision.refused.map((each) => refusedAction(each, { messages, isByScore: best !== null })),
    ],
    contributions: contributionsOf(snapshot, decision, [...messages.values()]).slice(0, 20),
    policy: decision.policy,
    snapshotVersion: decision.snapshotVersion,
    stateId: decision.stateId,
  }
}

import { compileSnapshot, type Scratch, scratchFor, shapeOf } from './compiled-snapshot.ts'
import {
  ANSWERS,
  type Channel,
  chosenAction,
  type Decision,
  fullRow,
  type HeadState,
  lossNamed,
  type Objective,
  type Opportunity,
  outcomesNamed,
  PalomaError,
  PRESSURE_NAMES,
  REACH_LOSSES,
  type ReachLoss,
  type SendAction,
  type Snapshot,
  slowLossesOf,
} from './domain/index.ts'
import { addExpected } from './evaluate.ts'
import { featureContext, putVisitMoment } from './features/index.ts'
import {
  chanceWithout,
  channelsLost,
  dayTimes,
  isHazard,
  lookAtHours,
  lossPatterns,
  outcomeHeadOf,
  RESPONSE_HEAD,
  usualChannels,
} from './learning/index.ts'
import { packedIndex } from './numeric/index.ts'

/** What one feature adds to the chosen action's score through one objective, on the common value scale. */
export interface Contribution {
  readonly feature: string
  readonly objective: string
  readonly contribution: number
}

/**
 * Contributions ψ_j · w_j · weight of the chosen action, largest first; they sum to its score plus its price.
 * `hold` has none: it is what the others are measured against.
 *
 * @throws PalomaError OPPORTUNITY_MISSING when the chosen opportunity is not among those given
 */
export function contributionsOf(
  snapshot: Snapshot,
  decision: Decision,
  opportunities: readonly Opportunity[],
): readonly Contribution[] {
  const send = sendOf(decision, opportunities)
  if (send === null) return []
  const place = { channel: send.action.channel, message: send.opportunity.message }
  const { fullRows } = encoded(snapshot, decision, send)
  const psi = fullRow(fullRows, 0, new Float64Array(compileSnapshot(snapshot).encoder.actionNames.length))
  return snapshot.objectives
    .flatMap((objective) =>
      isHazard(objective)
        ? lossContributions(objective, decision)
        : [...effectContributions(snapshot, objective, psi), ...beliefContributions(snapshot, objective, place)],
    )
    .filter(({ contribution }) => contribution !== 0)
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
}

type Variant = Opportunity['variants'][number]

/** The chosen send with what it was made of. */
interface ChosenSend {
  readonly action: SendAction
  readonly opportunity: Opportunity
  readonly variant: Variant
}

/** Null for `hold`. Throws OPPORTUNITY_MISSING. */
function sendOf(decision: Decision, opportunities: readonly Opportunity[]): ChosenSend | null {
  const action = chosenAction(decision)
  if (action.kind === 'hold') return null
  const opportunity = opportunities.find(({ id }) => id === action.opportunityId)
  const variant = opportunity?.variants.find(({ name }) => name === action.variant)
  if (opportunity !== undefined && variant !== undefined) return { action, opportunity, variant }
  throw new PalomaError(
    'OPPORTUNITY_MISSING',
    `decision ${decision.decisionId} chose opportunity ${action.opportunityId}, which is gone`,
  )
}

/** Features of one send with what it is expected to bring and what the slow model says, as `decide` had them; good until the next. */
function encoded(snapshot: Snapshot, decision: Decision, { action, opportunity, variant }: ChosenSend): Scratch {
  const { user, context } = decision.inputs
  const x = featureContext(user, { now: decision.at, context }, snapshot.rules.timeZone)
  const parts = compileSnapshot(snapshot)
  const scratch = scratchFor(parts, 1)
  parts.encoder.encodeBaseline(x, scratch.baseline)
  const sends = [{ opportunity, variant, candidate: action }]
  parts.encoder.encodeActions(x, sends, scratch.rows)
  addExpected(parts, sends, { rows: 1, scratch, context: x })
  return scratch
}

/** What the slow model's pattern does to the log odds of something the chosen send may bring. */
export interface SlowShare {
  /** `answers`, `outcomes of <objective>` or `loss of <channel> by <cause>`. */
  readonly of: string
  /** What it adds to the log odds, its factor included; e^this multiplies the odds. */
  readonly logOdds: number
  /** What was learned to multiply the pattern by, and how sure that is; 1 as long as nothing was. */
  readonly factor: number
  readonly factorSd: number
}

/**
 * What the artifact's log odds contributed to the values of the chosen send, in the order of answers, outcomes, losses; empty for `hold` and
 * where no artifact tells any. What it says of effects stands among `contributionsOf`.
 *
 * @throws PalomaError OPPORTUNITY_MISSING when the chosen opportunity is not among those given
 */
export function slowSharesOf(
  snapshot: Snapshot,
  decision: Decision,
  opportunities: readonly Opportunity[],
): readonly SlowShare[] {
  const { slow, encoder, sends, causes } = compileSnapshot(snapshot)
  const send = slow === null ? null : sendOf(decision, opportunities)
  if (slow === null || send === null || slow.patterns.length + slow.losses.length === 0) return []
  const { slow: said } = encoded(snapshot, decision, send)
  const { heads } = snapshot.state
  const { answers, outcomes } = encoder.slowLogOdds
  const told: readonly (readonly [string, string, number])[] = [
    ...(answers === null ? [] : [[ANSWERS, RESPONSE_HEAD, answers] as const]),
    ...Object.entries(outcomes).map(([name, column]) => [outcomesNamed(name), outcomeHeadOf(name), column] as const),
  ]
  const { channel } = send.action
  const losses = slowLossesOf(snapshot.artifact).filter((loss) => loss.channel === channel)
  const patterns = lossPatterns(slow, channel, said.losses)
  return [
    ...(sends === null ? [] : told).map(([of, name, column], k) =>
      shareOf(of, heads[name]!, { column, pattern: said.patterns[k]! }),
    ),
    ...losses.flatMap(({ cause }, k): readonly SlowShare[] => {
      const head = causes.find((each) => each.channel === channel && each.cause === cause)?.state
      if (head === undefined) return []
      return [shareOf(lossNamed(channel, cause), head, { column: PRESSURE_NAMES.length + k, pattern: patterns[k]! })]
    }),
  ]
}

function shareOf(
  of: string,
  { mean, covariance }: HeadState,
  { column, pattern }: { readonly column: number; readonly pattern: number },
): SlowShare {
  const factor = mean[column]!
  return { of, logOdds: factor * pattern, factor, factorSd: Math.sqrt(covariance[packedIndex(column, column)]!) }
}

/** When the user was thought to come, with the chosen action and without it. */
export interface VisitChance {
  readonly objective: string
  readonly windowHours: number
  /** Chance of a visit in the window if nothing is sent, and its standard deviation. */
  readonly without: number
  readonly withoutSd: number
  /** Chance with the chosen send: `without` plus its value, at least 0 and at most 1; null for `hold`. */
  readonly withSend: number | null
}

/** What objectives of the model `visit` knew of the user's next visit at a decision; empty where there are none. */
export function visitChancesOf(snapshot: Snapshot, decision: Decision): readonly VisitChance[] {
  const parts = compileSnapshot(snapshot)
  if (parts.visits === null) return []
  const { user, context } = decision.inputs
  const x = featureContext(user, { now: decision.at, context }, snapshot.rules.timeZone)
  const scratch = scratchFor(parts, 1)
  parts.encoder.encodeBaseline(x, scratch.baseline)
  putVisitMoment(x, scratch.visitMoment)
  const isSend = chosenAction(decision).kind === 'send'
  return parts.visits.hazards.map((hazard) => {
    lookAtHours(hazard, scratch.baseline, scratch.visitMoment)
    const { chance, variance } = chanceWithout(hazard)
    const { scale = 1 } = snapshot.objectives[hazard.objective]!
    const extra = (decision.values[hazard.name]?.mean[decision.chosen] ?? 0) / scale
    return {
      objective: hazard.name,
      windowHours: hazard.hours,
      without: chance,
      withoutSd: Math.sqrt(variance),
      withSend: isSend ? Math.max(0, Math.min(1, chance + extra)) : null,
    }
  })
}

function effectContributions(snapshot: Snapshot, objective: Objective, psi: Float64Array): readonly Contribution[] {
  const { encoder, baselineWidth } = shapeOf(snapshot)
  const head = snapshot.state.heads[objective.name]
  if (head === undefined) return []
  return encoder.actionNames.map((feature, j) => ({
    feature,
    objective: objective.name,
    contribution: psi[j]! * head.mean[baselineWidth + j]! * objective.weight * (objective.scale ?? 1),
  }))
}

/** What is believed of the message itself, beside what its features say. */
function beliefContributions(
  snapshot: Snapshot,
  { name, weight, scale = 1 }: Objective,
  { channel, message }: { readonly channel: Channel; readonly message: string },
): readonly Contribution[] {
  const beliefs = compileSnapshot(snapshot).messages?.beliefs.get(name)
  if (beliefs === undefined) return []
  const contribution = beliefs.of(channel, message).mean * weight * scale
  return [{ feature: `message ${message}`, objective: name, contribution }]
}

function lossContributions(objective: Objective, decision: Decision): readonly Contribution[] {
  return reachCostsOf(objective, decision).map(({ cause, cost }) => ({
    feature: `loss by ${cause}`,
    objective: objective.name,
    contribution: -cost * objective.weight,
  }))
}

/** What one way of losing channels costs the chosen send. */
export interface LossCost {
  readonly cause: ReachLoss
  /** Chance that the send leads to it. */
  readonly chance: number
  /** In the objective's unit, e.g. contactable days; ≥ 0. */
  readonly cost: number
}

/** The price of the chosen send in reach, by cause, dearest first; empty for `hold` and where nothing counts hazards. */
export function reachCostsOf(objective: Objective, decision: Decision): readonly LossCost[] {
  const action = chosenAction(decision)
  if (action.kind === 'hold' || !isHazard(objective)) return []
  const chances = decision.losses[action.channel] ?? {}
  const times = dayTimes(decision.dayWorths)
  const costOf = (cause: ReachLoss, chance: number): number =>
    chance * usualChannels(channelsLost(cause, action.channel), times) * (objective.scale ?? 1)
  return REACH_LOSSES.map((cause) => ({ cause, chance: chances[cause] ?? 0 }))
    .filter(({ chance }) => chance > 0)
    .map(({ cause, chance }) => ({ cause, chance, cost: costOf(cause, chance) }))
    .sort((a, b) => b.cost - a.cost)
}

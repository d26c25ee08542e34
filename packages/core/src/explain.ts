import { compileSnapshot, scratchFor, shapeOf } from './compiled-snapshot.ts'
import {
  type Channel,
  chosenAction,
  type Decision,
  fullRow,
  type Objective,
  type Opportunity,
  PalomaError,
  REACH_LOSSES,
  type ReachLoss,
  type SendAction,
  type Snapshot,
} from './domain/index.ts'
import { addExpected } from './evaluate.ts'
import { type FeatureContext, featureContext } from './features/index.ts'
import { channelsLost, dayTimes, isHazard, usualChannels } from './learning/index.ts'

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
  const action = chosenAction(decision)
  if (action.kind === 'hold') return []
  const opportunity = opportunities.find(({ id }) => id === action.opportunityId)
  const variant = opportunity?.variants.find(({ name }) => name === action.variant)
  if (opportunity === undefined || variant === undefined) {
    throw new PalomaError(
      'OPPORTUNITY_MISSING',
      `decision ${decision.decisionId} chose opportunity ${action.opportunityId}, which is gone`,
    )
  }
  const { user, context } = decision.inputs
  const x = featureContext(user, { now: decision.at, context }, snapshot.rules.timeZone)
  const place = { channel: action.channel, message: opportunity.message }
  const psi = featuresOf(snapshot, x, { action, opportunity, variant })
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

/** ψ of one send with what it is expected to bring, as `decide` had it. */
function featuresOf(
  snapshot: Snapshot,
  x: FeatureContext,
  send: { readonly action: SendAction; readonly opportunity: Opportunity; readonly variant: Variant },
): Float64Array {
  const parts = compileSnapshot(snapshot)
  const { action, opportunity, variant } = send
  const scratch = scratchFor(parts, 1)
  parts.encoder.encodeBaseline(x, scratch.baseline)
  const sends = [{ opportunity, variant, candidate: action }]
  parts.encoder.encodeActions(x, sends, scratch.rows)
  addExpected(parts, sends, { rows: 1, scratch })
  return fullRow(scratch.fullRows, 0, new Float64Array(parts.encoder.actionNames.length))
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

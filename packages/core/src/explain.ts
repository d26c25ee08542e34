import { shapeOf } from './compiled-snapshot.ts'
import { chosenAction, type Decision, type Opportunity, PalomaError, type Snapshot } from './domain/index.ts'
import { featureContext } from './features/index.ts'

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
  const { encoder, baselineWidth } = shapeOf(snapshot)
  const { user, context } = decision.inputs
  const x = featureContext(user, { now: decision.at, context }, snapshot.rules.timeZone)
  const psi = new Float64Array(encoder.actionNames.length)
  encoder.encodeAction(
    x,
    { opportunity, variant, channel: action.channel, sendAt: action.sendAt },
    { out: psi, offset: 0 },
  )
  return snapshot.objectives
    .flatMap((objective) => {
      const head = snapshot.state.heads[objective.name]
      if (head === undefined) return []
      return encoder.actionNames.map((feature, j) => ({
        feature,
        objective: objective.name,
        contribution: psi[j]! * head.mean[baselineWidth + j]! * objective.weight * (objective.scale ?? 1),
      }))
    })
    .filter(({ contribution }) => contribution !== 0)
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
}

import { decide } from './decide.ts'
import type { Action, Decision, Opportunity, Refusal, Snapshot } from './domain/index.ts'
import { EVERY_VARIANT } from './eligibility/index.ts'

/** What another snapshot would have done in a decision that was made; columns run parallel to `actions`. */
export interface Reweighed {
  /** Those of the record, in its order, then those that the other snapshot alone would have had. */
  readonly actions: readonly Action[]
  /** The record's probabilities; 0 for what it did not have. */
  readonly logged: readonly number[]
  /** Those of the other snapshot, summing to 1; 0 for what its rules refuse. */
  readonly candidate: readonly number[]
  /** Index of what was chosen then. */
  readonly chosen: number
  /** What the other snapshot would have done, and the record could not: no outcome tells of it. */
  readonly unsupported: readonly Unsupported[]
}

/**
 * - `refused`: the rules of then spoke against it; `absent`: it was no candidate, such as a moment that is no longer offered;
 * - `no-exploration`: it was an action, but this user does not allow chance; `no-chance`: its policy gave it none.
 */
export const UNSUPPORTED_CAUSES = ['refused', 'absent', 'no-exploration', 'no-chance'] as const
export type UnsupportedCause = (typeof UNSUPPORTED_CAUSES)[number]

/** An action that the record gave no chance, with the probability it would have had. */
export interface Unsupported {
  /** Index into `actions`. */
  readonly action: number
  readonly probability: number
  readonly cause: UnsupportedCause
  /** What spoke against it then; empty unless `refused`. */
  readonly refusals: readonly Refusal[]
}

/**
 * The distribution of another snapshot over the actions of a past decision: the same `decide`, for the same user, moment and opportunities. Its
 * policy state must not have learned from this decision; the one that the record names never has. The history of the user
 * stays as the log has it: what other earlier sends would have changed is not part of it.
 *
 * @throws PalomaError what `decide` throws, SCHEMA_CHANGED among it
 */
export function reweigh(snapshot: Snapshot, decision: Decision, opportunities: readonly Opportunity[]): Reweighed {
  const { decisionId, trigger, at, inputs, draw } = decision
  const request = { decisionId, user: inputs.user, opportunities, context: inputs.context, trigger }
  const other = decide(snapshot, request, { now: at, random: () => draw })
  const places = new Map(decision.actions.map((action, i): [string, number] => [keyOf(action), i]))
  const actions = [...decision.actions]
  const logged = [...decision.probabilities]
  const candidate = logged.map(() => 0)
  for (const [k, action] of other.actions.entries()) {
    const probability = other.probabilities[k]!
    const place = places.get(keyOf(action))
    if (place !== undefined) candidate[place] = probability
    else if (probability > 0) {
      actions.push(action)
      logged.push(0)
      candidate.push(probability)
    }
  }
  const unsupported = candidate.flatMap((probability, action): Unsupported[] =>
    probability > 0 && logged[action] === 0 ? [{ action, probability, ...causeOf(decision, actions, action) }] : [],
  )
  return { actions, logged, candidate, chosen: decision.chosen, unsupported }
}

/** Two distributions over the same actions in the same order, bit for bit. */
export function isSameDistribution(a: DistributionParts, b: DistributionParts): boolean {
  return (
    a.actions.length === b.actions.length &&
    a.actions.every((action, i) => keyOf(action) === keyOf(b.actions[i]!)) &&
    a.probabilities.every((probability, i) => Object.is(probability, b.probabilities[i]))
  )
}

type DistributionParts = Pick<Decision, 'actions' | 'probabilities'>

/** What makes two actions of one decision the same. */
function keyOf(action: Action): string {
  if (action.kind === 'hold') return ''
  const { opportunityId, variant, channel, sendAt } = action
  return JSON.stringify([opportunityId, variant, channel, sendAt])
}

function causeOf(
  { actions: had, refused, inputs }: Decision,
  actions: readonly Action[],
  index: number,
): Pick<Unsupported, 'cause' | 'refusals'> {
  const action = actions[index]!
  if (index < had.length || action.kind === 'hold') {
    const mayExplore = inputs.user.profile.consent.exploration
    return { cause: mayExplore ? 'no-chance' : 'no-exploration', refusals: [] }
  }
  const { opportunityId, variant, channel, sendAt } = action
  const refusals = refused
    .filter(({ candidate }) => candidate.opportunityId === opportunityId && candidate.channel === channel)
    .filter(({ candidate }) => candidate.variant === EVERY_VARIANT || candidate.variant === variant)
    .filter(({ candidate }) => candidate.variant === EVERY_VARIANT || candidate.sendAt === sendAt)
    .flatMap((each) => each.refusals)
  return refusals.length === 0 ? { cause: 'absent', refusals } : { cause: 'refused', refusals }
}

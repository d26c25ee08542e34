import { type Action, chosenAction, type Decision } from './decision.ts'
import { type KnownAtExposure, knownAt } from './exposure.ts'

/** What a decision says of itself and its choice, without its tables and inputs. */
export type DecisionSummary = Pick<
  Decision,
  | 'decisionId'
  | 'userId'
  | 'at'
  | 'trigger'
  | 'snapshotVersion'
  | 'stateId'
  | 'policy'
  | 'assignments'
  | 'reason'
  | 'waits'
  | 'chosen'
  | 'propensity'
  | 'draw'
> & {
  /** What was chosen. */
  readonly action: Action
  /** Of the user; where some experiment could matter to this decision, else absent. */
  readonly known?: KnownAtExposure
}

/** The summary of a decision, which holds on to nothing else of it. */
export function summaryOf(decision: Decision): DecisionSummary {
  const { waits, assignments, inputs, at } = decision
  const isExposed = assignments.some(({ exposed }) => exposed === true)
  return {
    decisionId: decision.decisionId,
    userId: decision.userId,
    at: decision.at,
    trigger: decision.trigger,
    snapshotVersion: decision.snapshotVersion,
    stateId: decision.stateId,
    policy: decision.policy,
    assignments: decision.assignments,
    reason: decision.reason,
    ...(waits === undefined ? {} : { waits }),
    chosen: decision.chosen,
    propensity: decision.propensity,
    draw: decision.draw,
    action: chosenAction(decision),
    ...(isExposed ? { known: knownAt(inputs.user.profile, at) } : {}),
  }
}

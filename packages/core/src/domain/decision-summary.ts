import { type Action, chosenAction, type Decision } from './decision.ts'

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
}

/** The summary of a decision, which holds on to nothing else of it. */
export function summaryOf(decision: Decision): DecisionSummary {
  const { waits } = decision
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
  }
}

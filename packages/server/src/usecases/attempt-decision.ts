import {
  type Decision,
  type DecisionRequest,
  decide,
  type EpochMs,
  PalomaError,
  type Snapshot,
  summaryOf,
} from '@paloma/core'
import type { NewDecision, Store } from '../store/contract.ts'
import type { ItemError } from './contract.ts'
import { drawFor } from './draw.ts'

/** A decision, or why this one request has none. */
export type Attempt =
  | { readonly ok: true; readonly decision: Decision }
  | { readonly ok: false; readonly error: ItemError }

/**
 * Decides one request of many: a promise that this user's data breaks is told to whoever asked for this user, and the
 * others go on. What nobody foresaw goes on as a failure of the server.
 */
export function attemptDecision(snapshot: Snapshot, request: DecisionRequest, now: EpochMs): Attempt {
  try {
    return { ok: true, decision: decide(snapshot, request, { now, random: drawFor(request.decisionId, snapshot) }) }
  } catch (error) {
    if (!(error instanceof PalomaError)) throw error
    const { code, message: detail, pointer = '' } = error
    return { ok: false, error: { code, detail, pointer } }
  }
}

/** A decision ready to be written; nothing of its tables and inputs is held on to. */
export function newDecision(
  { decisions }: Pick<Store, 'decisions'>,
  decision: Decision,
  rest: Omit<NewDecision, 'decision' | 'packed'>,
): NewDecision {
  return { decision: summaryOf(decision), packed: decisions.pack(decision), ...rest }
}

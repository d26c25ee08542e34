import type { Decision, DecisionId, LearningFeatures } from '@paloma/core/domain'
import { fromLearningText, fromTextRow } from './text-record.ts'
import { unpackDecision, unpackLearning } from './unpack-decision.ts'

/** What the table of decisions keeps of one. Records are packed; older ones are JSON, in `record` and `learning`. */
export interface DecisionRow extends LearningRow {
  readonly decision_id: string
  readonly at: number
  readonly record: string | null
  readonly packed: Uint8Array | null
}

/** What it keeps to learn from, in one form or the other; neither where there is nothing to learn. */
export interface LearningRow {
  readonly learning: string | null
  readonly features: Uint8Array | null
}

/** Columns of a DecisionRow. */
export const DECISION_COLUMNS = 'decision_id, at, learning, record, packed, features'

/** The decision of a row, of either form. */
export function fromRow(row: DecisionRow): Decision {
  const { decision_id, at, learning, record, packed } = row
  if (packed === null) return fromTextRow({ decision_id, at, learning, record: record ?? '' })
  return unpackDecision(packed, { decisionId: decision_id as DecisionId, at, learning: learningOf(row) })
}

/** What a row keeps to learn from. */
export function learningOf({ learning, features }: LearningRow): LearningFeatures | null {
  if (features !== null) return unpackLearning(features)
  return learning === null ? null : fromLearningText(learning)
}

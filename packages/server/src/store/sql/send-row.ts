import type { DecisionId, OpportunityId, Refusal, SendId, UserId } from '@paloma/core/domain'
import type { Send, SendStatus } from '../contract.ts'

/** A row of the table of sends. */
export interface SendRow {
  readonly send_id: string
  readonly decision_id: string
  readonly user_id: string
  readonly opportunity_id: string
  readonly message: string
  readonly variant: string
  readonly channel: Send['channel']
  readonly category: Send['category']
  readonly topic: string
  readonly group_key: string | null
  readonly decided_at: number
  readonly due_at: number
  readonly attempts: number
  readonly status: SendStatus
  readonly updated_at: number
  readonly provider_message_id: string | null
  readonly error: string | null
  readonly refusals: string
}

/** Columns of a SendRow, each `prefix`ed (`s.`) where tables are joined. */
export function sendColumns(prefix = ''): string {
  const names = [
    ...['send_id', 'decision_id', 'user_id', 'opportunity_id', 'message', 'variant', 'channel', 'category', 'topic'],
    ...[
      'group_key',
      'decided_at',
      'due_at',
      'attempts',
      'status',
      'updated_at',
      'provider_message_id',
      'error',
      'refusals',
    ],
  ]
  return names.map((name) => `${prefix}${name}`).join(', ')
}

/** The send of a row. */
export function sendFromRow(row: SendRow): Send {
  return {
    sendId: row.send_id as SendId,
    decisionId: row.decision_id as DecisionId,
    userId: row.user_id as UserId,
    opportunityId: row.opportunity_id as OpportunityId,
    message: row.message,
    variant: row.variant,
    channel: row.channel,
    category: row.category,
    topic: row.topic,
    groupKey: row.group_key,
    decidedAt: row.decided_at,
    dueAt: row.due_at,
    status: row.status,
    attempts: row.attempts,
    updatedAt: row.updated_at,
    providerMessageId: row.provider_message_id,
    error: row.error,
    refusals: JSON.parse(row.refusals) as readonly Refusal[],
  }
}

/** A decision sends at most once, so its send is named after it. */
export function sendIdOf(decisionId: DecisionId): SendId {
  return `send-${decisionId}` as SendId
}

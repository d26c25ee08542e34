import type { DecisionId, EpochMs, SendId, UserId } from '@paloma/core/domain'

export const INBOX_STATUSES = ['unseen', 'seen', 'read', 'interacted', 'archived'] as const
export type InboxStatus = (typeof INBOX_STATUSES)[number]

export interface InboxItem {
  readonly sendId: SendId
  readonly decisionId: DecisionId
  readonly userId: UserId
  readonly message: string
  readonly content: Readonly<Record<string, string>>
  readonly createdAt: EpochMs
  readonly status: InboxStatus
  readonly statusAt: EpochMs
}

export interface InboxStore {
  /** Idempotent by sendId; answers run parallel. Rejects with USER_MOVED where one of the users is an alias. */
  putMany(items: readonly InboxItem[]): Promise<readonly ('inserted' | 'duplicate' | 'conflict')[]>
  /** Newest first, archived left out unless asked for; `before` is a sendId cursor. */
  list(
    userId: UserId,
    options: { readonly before?: SendId; readonly limit: number; readonly withArchived?: boolean },
  ): Promise<{ readonly items: readonly InboxItem[]; readonly unseen: number }>
  /** Items of these users created at or after `since`, oldest first: what other processes delivered. */
  newFor(ids: readonly UserId[], since: EpochMs): Promise<readonly InboxItem[]>
  /** Statuses only move forward (unseen → seen → read → interacted; archived from any). Answers the item, or undefined if it is not this user's. */
  mark(userId: UserId, id: SendId, status: InboxStatus, at: EpochMs): Promise<InboxItem | undefined>
}

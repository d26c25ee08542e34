import type { DecisionId, EpochMs, SendId, UserId } from '@paloma/core/domain'

/** A new item of the in-app inbox, as the inbox store takes it. */
export interface InboxEntry {
  readonly sendId: SendId
  readonly decisionId: DecisionId
  readonly userId: UserId
  readonly message: string
  readonly content: Readonly<Record<string, string>>
  readonly createdAt: EpochMs
  readonly status: 'unseen'
  readonly statusAt: EpochMs
}

/** Options of `inboxChannel`. */
export interface InboxChannelOptions {
  /** `InboxStore.put`: idempotent by sendId. */
  readonly put: (item: InboxEntry) => Promise<'inserted' | 'duplicate' | 'conflict'>
  readonly now: () => EpochMs
  /** Called once for each item that was not there before, after it was written. */
  readonly onNew: (item: InboxEntry) => void
}

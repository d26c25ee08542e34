import type {
  Decision,
  DecisionId,
  EpochMs,
  Opportunity,
  OpportunityId,
  Outcome,
  SendId,
  UserId,
  UserProfile,
} from '@paloma/core/domain'
import type { ApiKey, InboxItem, OpportunityStatus, Send } from '../../store/contract.ts'

/** Everything the fake use cases remember. */
export interface Stored {
  readonly users: Map<UserId, UserProfile>
  readonly opportunities: Map<OpportunityId, { opportunity: Opportunity; status: OpportunityStatus }>
  readonly outcomes: Map<string, Outcome>
  readonly decisions: Map<DecisionId, { command: string; decision: Decision; send: Send | null }>
  readonly inbox: Map<SendId, InboxItem>
  readonly keys: Map<string, ApiKey>
  readonly listeners: Map<UserId, Set<(item: InboxItem) => void>>
  now: EpochMs
  stateId: number
}

import type { Channel } from './channel.ts'
import type { DecisionId, UserId } from './id.ts'
import type { Scalar } from './opportunity.ts'
import type { EpochMs } from './time.ts'

/** What an event did to our power to reach the user. */
export const REACH_LOSSES = ['unsubscribed', 'push-disabled', 'uninstalled', 'complained', 'bounced'] as const
export type ReachLoss = (typeof REACH_LOSSES)[number]

/** A raw later event of a user, as it is kept; what it counts for is marked, not deleted. */
export interface Outcome {
  /** The sender's id, on which repeats are recognised. */
  readonly messageId: string
  readonly userId: UserId
  readonly name: string
  /** When it happened, corrected for clock skew. */
  readonly at: EpochMs
  readonly receivedAt: EpochMs
  /** The decision it belongs to: named by the event, or the user's last send in the window. */
  readonly decisionId: DecisionId | null
  readonly joinedBy: 'decisionId' | 'window' | null
  /** A machine opened or clicked (mail privacy proxies, link scanners): kept out of learning. */
  readonly isMachine: boolean
  readonly channel: Channel | null
  /** The person did something in our product: a visit. */
  readonly isVisit: boolean
  /** A person opened or clicked a message. */
  readonly isResponse: boolean
  readonly reachLoss: ReachLoss | null
  /** By objective: what the event adds to the reward. */
  readonly values: Readonly<Record<string, number>>
  readonly properties: Readonly<Record<string, Scalar>>
}

/** The reward of one decision for one objective once its window has closed. */
export interface Reward {
  readonly decisionId: DecisionId
  readonly objective: string
  readonly value: number
}

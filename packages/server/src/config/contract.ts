import type {
  Channel,
  FactMetric,
  FeatureSchema,
  Group,
  GroupRule,
  Layer,
  MessageSettings,
  Objective,
  PolicyArtifact,
  PriceTarget,
  ReachLoss,
  Rules,
  SharedLimit,
  Withholding,
} from '@paloma/core/domain'

/** How one channel is delivered. */
export type AdapterConfig =
  | { readonly kind: 'inbox' }
  | {
      readonly kind: 'smtp'
      readonly url: string
      readonly from: string
      /** Where bounces go; a star in it becomes the sendId. */
      readonly returnPath?: string
      /** Mailbox for List-Unsubscribe's mailto, optional. */
      readonly unsubscribeMailto?: string
      readonly dkim?: { readonly domain: string; readonly selector: string; readonly privateKey: string }
    }
  | {
      readonly kind: 'web-push'
      /** `mailto:` or https URL of the sender. */
      readonly subject: string
      readonly vapidPublicKey: string
      readonly vapidPrivateKey: string
      readonly ttlSeconds: number
      readonly urgency: 'very-low' | 'low' | 'normal' | 'high'
    }
  | { readonly kind: 'webhook'; readonly url: string; readonly secret: string; readonly timeoutMs: number }

/** Which track events mean what; names are compared exactly. */
export interface EventRules {
  readonly visits: readonly string[]
  readonly responses: Readonly<Record<string, Channel>>
  readonly reachLosses: Readonly<Record<string, { readonly loss: ReachLoss; readonly channel: Channel }>>
  /** What says that a person wants to be reached on a channel again: it lifts an earlier opt-out. */
  readonly returns: Readonly<Record<string, Channel>>
  /** So many soft bounces in a row, without an answer of the person in between, count as one that is for good. */
  readonly softBounces: number
}

/** A whole, checked configuration; `paloma.config.ts` gives the parts that differ from the defaults. */
export interface Config {
  readonly objectives: readonly Objective[]
  readonly rules: Rules
  readonly features: FeatureSchema
  readonly groups: Readonly<Record<Group, GroupRule>>
  readonly groupSalt: string
  readonly prices: Readonly<Record<string, number>>
  /** What prices that are learned are to keep on average, e.g. sends a user and week. */
  readonly priceTargets: readonly PriceTarget[]
  readonly events: EventRules
  readonly adapters: Readonly<Partial<Record<Channel, AdapterConfig>>>
  readonly learning: {
    /** Rewards wait this long after their window for late events. */
    readonly latenessHours: number
    /** How often matured rewards are folded into a new policy state. */
    readonly everyMinutes: number
    /** Daily forgetting: half of what was learned is forgotten after so many days; 0 never forgets. */
    readonly halfLifeDays: number
    /** After a change of features or objectives, decisions of so many days before are learned from again; 0 begins anew. */
    readonly relearnDays: number
    /** Only decisions on users of these groups are learned from. */
    readonly groups: readonly Group[]
    /** So many of the latest policy states are kept, besides those that a decision names. */
    readonly keepStates: number
  }
  /** Null: messages are learned of by their features alone, and nothing is kept of single ones. */
  readonly messages: MessageSettings | null
  /** Null: heads start from the objectives' priors. */
  readonly artifact: PolicyArtifact | null
  /** What experiments are judged by; every objective is a metric too, under its own name. */
  readonly metrics: readonly FactMetric[]
  /** What experiments are drawn from; experiments themselves are created while the server runs. */
  readonly experiments: {
    readonly layers: readonly Layer[]
    readonly withholding: Withholding | null
  }
  /** What all users share; hard, counted when messages go out. */
  readonly sharedLimits: readonly SharedLimit[]
  readonly retention: {
    /** Decisions, outcomes, sends and what belongs to them are deleted from the store after so many days; null keeps them. */
    readonly storeDays: number | null
    /** Exported days are deleted after so many days; null keeps them. */
    readonly exportedDays: number | null
  }
  readonly limits: {
    readonly userStatesInMemory: number
    readonly batchItems: number
    readonly bodyBytes: number
    readonly eventBytes: number
    /** Per API key, and per address without one; null does not count. */
    readonly requestsPerMinute: number | null
  }
}

/** The parts of a configuration that decisions hang on, but for experiments. */
export type SnapshotConfig = Pick<
  Config,
  'objectives' | 'rules' | 'features' | 'groups' | 'groupSalt' | 'prices' | 'priceTargets' | 'messages' | 'artifact'
>

/** The parts that a decision, or what is learned from it, hangs on: what another configuration may be tried in. */
export type CandidateConfig = SnapshotConfig & Pick<Config, 'experiments' | 'learning'>

/** Where and how this process runs; read from the environment and flags in `main.ts` only. */
export interface Runtime {
  readonly dataDir: string
  readonly databaseUrl: string | null
  readonly host: string
  readonly port: number
  readonly publicUrl: string
  readonly virtualClock: { readonly startAt: number } | null
  readonly logLevel: string
}

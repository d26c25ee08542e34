import type { ExperimentMetric } from './fact-metric.ts'
import type { Group } from './group.ts'
import type { Scalar } from './opportunity.ts'
import type { PolicySpec } from './policy-spec.ts'
import type { Rules } from './rules.ts'
import type { EpochMs } from './time.ts'

/** What a variant does to one message family: it is never sent, or only in these wordings. */
export type MessageChange =
  | { readonly kind: 'withhold' }
  | { readonly kind: 'wordings'; readonly names: readonly string[] }

/** Limits that a variant may set in place of the owner's; channels stay as they are. */
export type RuleChange = Partial<Pick<Rules, 'caps' | 'gaps' | 'quietHours' | 'slots'>>

/** What differs for the users of a variant. A variant that changes nothing decides as everybody else. */
export interface VariantChange {
  readonly policy?: PolicySpec
  /** Weight by objective. */
  readonly weights?: Readonly<Record<string, number>>
  /** Dual price by resource, e.g. `channel:email`. */
  readonly prices?: Readonly<Record<string, number>>
  readonly rules?: RuleChange
  /** By message family. */
  readonly messages?: Readonly<Record<string, MessageChange>>
}

/** One of the alternatives of an experiment. */
export interface ExperimentVariant {
  readonly name: string
  readonly change: VariantChange
}

/** Consecutive buckets, `until` exclusive; 0 ≤ from ≤ until ≤ 1,000,000. */
export interface BucketRange {
  readonly from: number
  readonly until: number
}

/** Buckets that belong to a variant. */
export interface VariantRange extends BucketRange {
  readonly variant: string
}

/**
 * Experiments of one layer own different buckets of the layer's salt, so that no user is in two of them. Layers with
 * different salts cut across one another.
 */
export interface LayerPlace extends BucketRange {
  readonly name: string
  readonly salt: string
}

/** Whom an experiment is about, by what is known of the user when it could matter. All conditions must hold. */
export type Condition =
  | { readonly kind: 'oneOf'; readonly trait: string; readonly values: readonly Scalar[] }
  | { readonly kind: 'noneOf'; readonly trait: string; readonly values: readonly Scalar[] }
  | { readonly kind: 'between'; readonly trait: string; readonly min?: number; readonly max?: number }
  | { readonly kind: 'known'; readonly trait: string }

/**
 * What is randomised: users, or (switchback) slots of time, all users together or those of each cluster. After a change of
 * variant the first `washoutMinutes` of a slot do not count.
 */
export type ExperimentUnit =
  | { readonly kind: 'user' }
  | {
      readonly kind: 'switchback'
      readonly slotMinutes: number
      readonly washoutMinutes: number
      /** The trait whose value names a user's cluster, which has slots of its own; who lacks it takes no part. */
      readonly clusterTrait?: string
    }

/** Between two changes of the ramp: how much of the experiment's buckets take part, and which variant owns which. */
export interface Phase {
  readonly since: EpochMs
  /** Millionths of the experiment's own buckets of its layer. */
  readonly traffic: number
  /** Of the experiment's second salt; cover 0 to 1,000,000. */
  readonly ranges: readonly VariantRange[]
}

/**
 * The policy state that an experiment's users decide with: the one everybody shares, that of the start, frozen, or one of
 * their variant, which begins with that of the start and learns from its own users alone.
 */
export const EXPERIMENT_LEARNING = ['shared', 'frozen', 'perVariant'] as const
export type ExperimentLearning = (typeof EXPERIMENT_LEARNING)[number]

/** All of a running experiment that a decision looks at. */
export interface RunningExperiment {
  readonly key: string
  readonly salt: string
  readonly layer: LayerPlace
  readonly groups: readonly Group[]
  readonly targeting: readonly Condition[]
  readonly unit: ExperimentUnit
  readonly variants: readonly ExperimentVariant[]
  /** Oldest first, at least one. */
  readonly phases: readonly Phase[]
  readonly learning: ExperimentLearning
  /** The policy state that was frozen, if any. */
  readonly stateId: number | null
  /** Shared limits that are cut into parts by variant. */
  readonly budgetSplit?: readonly string[]
}

/** A layer of experiments; users of its holdout are in none of them. */
export interface Layer {
  readonly name: string
  readonly salt: string
  /** Millionths: the last buckets of the layer belong to no experiment. */
  readonly holdoutShare: number
}

/** Always-on withholding: each message is kept from a random share of users, another one each period. */
export interface Withholding {
  readonly salt: string
  /** Millionths of users per message and period. */
  readonly share: number
  /** By message family, where it differs. */
  readonly messages: Readonly<Record<string, number>>
  readonly periodDays: number
  readonly groups: readonly Group[]
}

/** What of the experiments a snapshot holds. */
export interface ExperimentSetup {
  readonly running: readonly RunningExperiment[]
  /** Those with a holdout. */
  readonly layers: readonly Layer[]
  readonly withholding: Withholding | null
}

export const EXPERIMENT_STATUSES = ['draft', 'running', 'stopped'] as const
export type ExperimentStatus = (typeof EXPERIMENT_STATUSES)[number]

/** What was decided when an experiment was stopped. */
export const CONCLUSIONS = ['ship', 'doNotShip', 'inconclusive', 'invalid'] as const
export type Conclusion = (typeof CONCLUSIONS)[number]

/**
 * What sequential tests are planned for: a largest number of users, so many days from the start, or neither, with the
 * number at which a decision is expected.
 */
export type ExperimentHorizon =
  | { readonly kind: 'users'; readonly maxUsers: number }
  | { readonly kind: 'days'; readonly days: number }
  | { readonly kind: 'open'; readonly expectedUsers: number }

/** A metric of the catalogue, and its part in one experiment. */
export type MetricPart = Pick<ExperimentMetric, 'name' | 'role' | 'nonInferiorityMargin' | 'targetMDE'>

/** What the owner asks for; it does not change once the experiment runs. */
export interface ExperimentDesign {
  readonly key: string
  /** What is expected, in a sentence. */
  readonly hypothesis: string
  readonly salt: string
  /** Null: a layer of its own, which cuts across all others. */
  readonly layer: (BucketRange & { readonly name: string }) | null
  /** No user of it may be in any other experiment. */
  readonly isExclusive: boolean
  readonly groups: readonly Group[]
  readonly targeting: readonly Condition[]
  readonly unit: ExperimentUnit
  readonly variants: readonly ExperimentVariant[]
  /** The variant that the others are compared with. */
  readonly control: string
  /** Millionths by variant, summing to 1,000,000; of the first phase. */
  readonly weights: Readonly<Record<string, number>>
  /** Millionths of its buckets that take part in the first phase. */
  readonly traffic: number
  readonly learning: ExperimentLearning
  /** Metrics of the catalogue that it is judged by, each with its part; a `targetMDE` here goes before the catalogue's. */
  readonly metrics: readonly MetricPart[]
  readonly horizon: ExperimentHorizon
  /** Shared limits of which each variant has its own part, so that none can take from another. */
  readonly budgetSplit?: readonly string[]
  /** `nyholt`: success metrics that say the same count as fewer tests. Absent: each counts. */
  readonly successTests?: 'bonferroni' | 'nyholt'
}

/** Why and with what outcome an experiment ended. */
export interface ExperimentEnd {
  readonly at: EpochMs
  readonly decision: Conclusion
  readonly reason: string
}

/** An experiment and what has become of it. */
export interface Experiment {
  readonly design: ExperimentDesign
  readonly status: ExperimentStatus
  readonly createdAt: EpochMs
  /** Where its users come from; fixed at the start. */
  readonly layer: LayerPlace | null
  /** Empty before the start. */
  readonly phases: readonly Phase[]
  readonly stateId: number | null
  readonly end: ExperimentEnd | null
  /** Counts its changes, from 1. */
  readonly revision: number
}

/** What was done to an experiment. */
export const EXPERIMENT_ACTIONS = ['create', 'start', 'ramp', 'stop'] as const
export type ExperimentAction = (typeof EXPERIMENT_ACTIONS)[number]

/** One line of the audit trail. */
export interface ExperimentChange {
  readonly key: string
  readonly revision: number
  readonly at: EpochMs
  /** The name of the API key, or of the part of the server, that did it. */
  readonly actor: string
  readonly action: ExperimentAction
  readonly note: string
}

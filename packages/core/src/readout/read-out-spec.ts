import type { ExperimentMetric } from '../domain/index.ts'

/** A variant with its planned share of the users. */
export interface PlannedVariant {
  readonly name: string
  /** In (0, 1]; the weights of an experiment sum to 1. */
  readonly weight: number
}

/** A time during which the shares stood still, of a ramp or a bandit. */
export interface PlannedPhase {
  readonly name: string
  /** Planned share by variant, summing to 1; of no meaning where the allocation followed the data. */
  readonly weights: Readonly<Record<string, number>>
  /** The allocation followed the data (a bandit): effects come from logged chances. */
  readonly isAdaptive?: boolean
}

/** What was assigned as a whole, where that was not each user by himself. */
export type ClusterUnit =
  | { readonly kind: 'cluster' }
  /** Slots of time, of each cluster where there are any; what happens in the washout after a change of variant does not count. */
  | { readonly kind: 'switchback'; readonly slotMinutes: number; readonly washoutMinutes: number }

/** Another experiment whose variants cut across this one's. */
export interface OtherExperiment {
  readonly experiment: string
  /** Of the assignments. */
  readonly column: string
  readonly control: string
}

export const SUCCESS_TESTS = ['bonferroni', 'nyholt'] as const
export type SuccessTests = (typeof SUCCESS_TESTS)[number]

export const SPENDINGS = ['power', 'obrienFleming', 'pocock'] as const
export type SpendingName = (typeof SPENDINGS)[number]

/** When the data were looked at: after every day, now for the first time, or at these moments and now. */
export type Looks = 'daily' | 'once' | readonly number[]

/** How often one may look, and what that costs. */
export type SequentialSettings =
  | {
      /** Group sequential test towards a largest number of users. */
      readonly kind: 'groupSequential'
      /** Users of all variants together at the planned end; null: as many as come until `end` at the pace so far. */
      readonly maxUsers: number | null
      readonly spending: SpendingName
      readonly looks: Looks
    }
  | {
      /** Asymptotic confidence sequence: any number of looks, no end planned. */
      readonly kind: 'confidenceSequence'
      /** Users of all variants together at which a decision is expected; the band is tightest there. */
      readonly expectedUsers: number
    }
  /** One look, at the planned end. */
  | { readonly kind: 'fixed' }

/** Weights of metrics' effects in one utility, in units of utility per unit of the metric. */
export interface UtilitySpec {
  readonly weights: Readonly<Record<string, number>>
  /** Smallest and largest weight worth defending, by metric; the declared weight where nothing is said. */
  readonly ranges: Readonly<Record<string, { readonly low: number; readonly high: number }>>
}

/** Whether tests and intervals are corrected for skewness. */
export const SKEWNESS_SETTINGS = ['corrected', 'ignored'] as const
export type SkewnessSetting = (typeof SKEWNESS_SETTINGS)[number]

/** A column of the assignments that was known of users before exposure. */
export interface FeatureColumn {
  readonly column: string
  /** `auto`: numbers where every value is one, else names. */
  readonly kind: 'number' | 'category' | 'auto'
  /** Column with the moment it was measured; null: nobody wrote that down. */
  readonly measured: string | null
}

/** Whether effects differ between users, as exploration. */
export interface HeterogeneitySpec {
  readonly features: readonly FeatureColumn[]
  /** Names of metrics that are means or shares. */
  readonly metrics: readonly string[]
  /** What users did before exposure, by every metric that is adjusted for it, tells them apart too. */
  readonly withPast?: boolean
  /** How often users are split in halves anew, ≥ 1. */
  readonly splits: number
  /** Of more users so many are drawn by chance. */
  readonly mostUsers: number
}

/** A forecast of a long-term outcome from short-term ones, learned from past users. */
export interface SurrogateSpec {
  /** Column of the history. */
  readonly longTerm: string
  /** Metrics of the spec, in its order, and the column of the history that was measured in the same way. */
  readonly metrics: readonly { readonly metric: string; readonly column: string }[]
  /** Columns of the history with numbers from before, as far as they drive both short and long term. */
  readonly features: readonly string[]
  /** Column of the history. */
  readonly user: string
  /** Of more past users so many are drawn by chance. */
  readonly mostUsers: number
}

/** What an experiment that is over found on a metric: the relative effect of one treatment. */
export interface PastEffect {
  readonly effect: number
  /** > 0. */
  readonly stdError: number
}

/** Everything a read-out must know beside the data. */
export interface ReadOutSpec {
  readonly experiment: string
  readonly variants: readonly PlannedVariant[]
  readonly control: string
  /** Shares of phases that differ from the variants' own. */
  readonly phases: readonly PlannedPhase[]
  /** UTC milliseconds; null: not said. */
  readonly start: number | null
  readonly end: number | null
  /** One-sided level of success and guardrail tests together, in (0, .5). */
  readonly alpha: number
  readonly beta: number
  /** One-sided level of all tests for deterioration and quality together. */
  readonly alphaDeterioration: number
  readonly sequential: SequentialSettings
  readonly skewness: SkewnessSetting
  readonly metrics: readonly ExperimentMetric[]
  readonly utility: UtilitySpec | null
  /** Columns of the assignments by which effects are explored, never decided. */
  readonly segments: readonly string[]
  /** Other experiments on the same users: the column with the variant there, and their control. */
  readonly interactions?: readonly OtherExperiment[]
  /** A metric that is 1 for users who received the message under test. */
  readonly received?: string
  /** One thing through several channels, as names of metrics, and the one whose channel was treated. */
  readonly channels?: readonly {
    readonly name: string
    readonly metrics: readonly string[]
    readonly treated: string | null
  }[]
  /** Days since exposure over which effects are followed for wearing off; absent: they are not. */
  readonly noveltyDays?: number
  /** How success metrics share their error; `nyholt` counts those that say the same once. Absent: `bonferroni`. */
  readonly successTests?: SuccessTests
  /** What was assigned as a whole; absent: each user by himself. */
  readonly unit?: ClusterUnit
  /** Absent: nobody asked whether effects differ between users. */
  readonly heterogeneity?: HeterogeneitySpec
  /** By metric, effects of all comparable experiments that are over: what the Bayesian view's prior is learned from. */
  readonly pastEffects?: Readonly<Record<string, readonly PastEffect[]>>
  /** Absent: nobody asked for the long term. */
  readonly surrogate?: SurrogateSpec
}

/** Names of the phases whose allocation followed the data. */
export function adaptivePhases({ phases }: Pick<ReadOutSpec, 'phases'>): ReadonlySet<string> {
  return new Set(phases.flatMap(({ name, isAdaptive }) => (isAdaptive === true ? [name] : [])))
}

/** Users at which a decision is expected, of all variants together; null where nobody said. */
export function plannedUsers({ sequential }: ReadOutSpec): number | null {
  if (sequential.kind === 'confidenceSequence') return sequential.expectedUsers
  return sequential.kind === 'groupSequential' ? sequential.maxUsers : null
}

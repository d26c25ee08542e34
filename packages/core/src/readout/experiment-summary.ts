import type { RawFeature } from '../heterogeneity/index.ts'
import type { ClusterRow, PastSurrogate, VectorMoments } from '../statistics/index.ts'

/**
 * What the numbers of a metric's vector are: the numerator first, then the denominator of a ratio, then covariates from
 * before exposure.
 */
export interface VectorColumns {
  readonly names: readonly string[]
  readonly numerator: number
  readonly denominator: number | null
  /** The same numbers before exposure: one, or two of a ratio; none where they are not known. */
  readonly before: readonly number[]
  /** Further covariates, and indicators of missing ones. */
  readonly covariates: readonly number[]
  /** Where each vector is a cluster's sums: how many users they are of. */
  readonly users?: number
}

/** Moments of one metric among some users. */
export interface SummaryCell {
  readonly variant: string
  /** Of a ramp or bandit: a time during which the shares stood still. */
  readonly phase: string | null
  readonly stratum: string | null
  /** Day of exposure, in days since 1970-01-01 UTC; null where exposures have no time. */
  readonly day: number | null
  readonly moments: VectorMoments
  /** Sum and size of each cluster, where clusters were randomised and are few. */
  readonly clusters?: readonly ClusterRow[]
}

/** A cell of one segment, summed over strata. */
export interface SegmentCell {
  readonly segment: string
  readonly value: string
  readonly variant: string
  readonly phase: string | null
  readonly moments: VectorMoments
  readonly clusters?: readonly ClusterRow[]
}

/** Users of a variant that a metric leaves out, by reason. */
export interface LeftOut {
  readonly variant: string
  /** The window after exposure has not closed. */
  readonly incomplete: number
  /** No value at all where one is due. */
  readonly missing: number
  /** NaN or infinite. */
  readonly notFinite: number
}

/** Values of a variant around a quantile, in rising order. */
export interface OrderStatistics {
  readonly variant: string
  /** Values in all. */
  readonly n: number
  readonly least: number
  readonly most: number
  /** Place of the first of `values` among all, from 0. */
  readonly from: number
  readonly values: Float64Array
  /** How many independent values they are worth, where users have several; else `n`. */
  readonly effectiveSize?: number
}

/** One metric's moments; a user stands in exactly one cell. */
export interface MetricSummary {
  readonly metric: string
  /** The values of users who count do not change any more; false where they go on growing. */
  readonly isComplete: boolean
  /** It has a window, and nothing says when users were exposed. */
  readonly isWindowIgnored?: boolean
  readonly columns: VectorColumns
  readonly cells: readonly SummaryCell[]
  /**
   * Where cells of several days do not add up (clusters, adaptive phases): all users exposed up to and with each `day`, from which
   * looks are taken.
   */
  readonly looks?: readonly SummaryCell[]
  readonly segments: readonly SegmentCell[]
  readonly leftOut: readonly LeftOut[]
  /** The value beyond which numbers were set to it, and the cells before that was done. */
  readonly capping: { readonly limit: number; readonly cells: readonly SummaryCell[] } | null
  /** Of a quantile, and of nothing else. */
  readonly quantiles?: readonly OrderStatistics[]
  /** By variant: the metric on each of so many days since exposure. */
  readonly daily?: { readonly days: number; readonly cells: readonly VariantCell[] }
  /** By variant: the metric, and whether the user received the message under test. */
  readonly received?: readonly VariantCell[]
}

/** Moments of all users of a variant. */
export interface VariantCell {
  readonly variant: string
  readonly moments: VectorMoments
}

/** Moments of several metrics of the same users: what covariances between effects need. */
export interface JointSummary {
  /** The vector: every metric's columns one after another. */
  readonly metrics: readonly { readonly metric: string; readonly columns: VectorColumns }[]
  readonly cells: readonly SummaryCell[]
}

/** Users of a variant, by phase and day. */
export interface ExposureCell {
  readonly variant: string
  readonly phase: string | null
  readonly day: number | null
  readonly users: number
}

/** How often a variant of an adaptive phase was drawn, and how often it should have been by the logged chances. */
export interface DrawnCell {
  readonly phase: string
  readonly variant: string
  readonly users: number
  /** Sum of its chances, over all users of the phase. */
  readonly expected: number
  /** Sum of p (1 − p). */
  readonly variance: number
}

/** What was found wrong with the data while they were read; every user named here is left out. */
export interface DataFaults {
  /** Rows of assignments, and users among them. */
  readonly rows: number
  readonly users: number
  /** Rows that say the same again. */
  readonly repeatedRows: number
  readonly rowsWithoutUser: number
  readonly rowsWithoutVariant: number
  readonly usersInManyVariants: number
  /** Exposed before they were assigned: clocks that disagree. */
  readonly exposedBeforeAssigned: number
  /** Before its start, after its end, or after the read-out. */
  readonly outsideExperiment: number
  /** Rows of metrics. */
  readonly metricRows: number
  /** About users without an assignment. */
  readonly metricRowsOfOthers: number
  readonly repeatedMetricRows: number
  /** Rows of metrics dated after the moment of the read-out. */
  readonly metricRowsFromFuture: number
}

/** What was found of clusters, or of slots of time, that were assigned as a whole. */
export interface ClusterFaults {
  readonly clusters: number
  /** Left out: their users are in several variants. */
  readonly inManyVariants: number
  /** Rows left out for lying in the washout after a change of variant. */
  readonly rowsInWashout: number
  readonly rowsWithoutCluster: number
}

/** Single users, where effects are to be told apart by what was known of them; columns of one length. */
export interface SingleUsers {
  /** Users who count, of whom these are all or a draw. */
  readonly of: number
  readonly keys: readonly string[]
  /** Index among the variants of the spec. */
  readonly variants: Uint8Array
  readonly phases: readonly (string | null)[] | null
  readonly features: readonly RawFeature[]
  /** Users, of all who count, whose feature was measured after their exposure. */
  readonly late: readonly { readonly feature: string; readonly users: number }[]
  readonly segments: readonly { readonly segment: string; readonly values: readonly string[] }[]
  /** NaN where the user does not count for the metric. */
  readonly responses: readonly { readonly metric: string; readonly values: Float64Array }[]
}

/** Past users whose long-term outcome is known, none of them in the experiment. */
export interface PastUsers {
  /** Short-term outcomes and features in the order of the spec, one row per user. */
  readonly rows: readonly Float64Array[]
  readonly longTerm: Float64Array
  /** Users of whom these are a draw; null: all. */
  readonly drawnFrom: number | null
  /** Left out: a number is missing. */
  readonly incomplete: number
  /** Left out: they are in the experiment. */
  readonly inExperiment: number
}

/** What the data say, before any statistics: all that a read-out needs, however many users there were. */
export interface ExperimentSummary {
  /** The moment of the read-out, UTC milliseconds; null where the data have no time. */
  readonly asOf: number | null
  /** Users who met the thing under test. */
  readonly exposed: readonly ExposureCell[]
  /** All users assigned, where assignment and exposure are told apart. */
  readonly assigned: readonly ExposureCell[] | null
  readonly metrics: readonly MetricSummary[]
  readonly joint: JointSummary | null
  readonly faults: DataFaults
  /** Where the spec asks whether effects differ between users. */
  readonly single?: SingleUsers
  /** Where the spec asks for the long term, and a history was given. */
  readonly past?: PastUsers
  /** Experiments whose long-term effect is known, where they were given. */
  readonly pastExperiments?: readonly PastSurrogate[]
  /** Of phases whose allocation followed the data: draws against logged chances. */
  readonly drawn?: { readonly exposed: readonly DrawnCell[]; readonly assigned: readonly DrawnCell[] | null }
  /** Clusters or slots that count, where those were randomised. */
  readonly clusters?: { readonly exposed: readonly ExposureCell[]; readonly faults: ClusterFaults }
}

import type { SurrogateTest } from './surrogate.ts'
import type { EpochMs } from './time.ts'

/** What is known of one variant of a message. Columns run along `ANSWER_EDGES_HOURS`. */
export interface VariantEvidence {
  /** Sends that may be learned from; never forgotten. */
  readonly sends: number
  /** Sends that are older than the edge, */
  readonly users: readonly number[]
  /** and how many of them were answered first between the edge before and this one. */
  readonly answers: readonly number[]
}

/** What a policy state knows of single messages, whatever the number of users. */
export interface MessageEvidence {
  /** By message family, then by variant. */
  readonly variants: Readonly<Record<string, Readonly<Record<string, VariantEvidence>>>>
  /** First answers of sends whose whole window has passed, by bin of their delay. */
  readonly delays: readonly number[]
  /** By objective of which single messages are believed something. */
  readonly objectives?: Readonly<Record<string, ObjectiveEvidence>>
}

/** What a message on a channel brought against what would have come without it, bin by bin after the decision. */
export interface TraceEvidence {
  /** Σ x² over decisions that are older than the bin, x being 1 where it was chosen, else 0, minus its probability, */
  readonly information: readonly number[]
  /** and Σ x (reward of the bin − its mean). */
  readonly sums: readonly number[]
}

/** Rewards of the bins over all matured decisions; `scatter` is packed, Σ (r − mean)(r − mean)'. */
export interface RewardMoments {
  readonly n: number
  readonly mean: readonly number[]
  readonly scatter: readonly number[]
}

/** What was believed of one message; `shared` is the part of the variance that all messages of the channel have in common. */
export interface Forecast {
  readonly mean: number
  readonly variance: number
  readonly shared: number
}

/** What was believed at a moment, and what the decisions of the day after it have brought since. */
export interface OpenForecast {
  readonly at: EpochMs
  /** By channel and message: what was believed of the reward up to each edge; null where little was still to come. */
  readonly beliefs: Readonly<Record<string, readonly (Forecast | null)[]>>
  /** Likewise, with sums up to each edge. */
  readonly outcomes: Readonly<Record<string, TraceEvidence>>
  /** How many edges have been compared with it. */
  readonly compared: number
}

/** What a policy state knows of messages for one objective. Keys of messages are `channel message`. */
export interface ObjectiveEvidence {
  /** Ends of the bins in hours after the decision; the last is the objective's window. */
  readonly edgesHours: readonly number[]
  /** Mean reward of each bin over all decisions that are older than it, and how many these are. */
  readonly centres: readonly number[]
  readonly seen: readonly number[]
  readonly rewards: RewardMoments
  readonly messages: Readonly<Record<string, TraceEvidence>>
  readonly forecasts: readonly OpenForecast[]
  /** Whether forecasts up to each edge come true. */
  readonly tests: readonly SurrogateTest[]
}

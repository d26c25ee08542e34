/**
 * How the outcomes inside the reward window become one number:
 * - `sum`: add the values; `any`: 1 if there was one, else 0;
 * - `activeDays`: how many different 24-hour days of the window, counted from the decision, had one;
 * - `reachLost`: minus the number of channels lost (opt-out, push disabled, uninstall, complaint).
 */
export const AGGREGATES = ['sum', 'any', 'activeDays', 'reachLost'] as const
export type Aggregate = (typeof AGGREGATES)[number]

/**
 * How the value of a send is estimated:
 * - `effect`: one action-centred regression on the reward, whoever caused it;
 * - `response`: through what the send itself brings, the chance of an outcome that names the decision times its worth; a
 *   regression as above says how much of it is incremental, and what comes without a trace;
 * - `hazard`: chance of losing each channel by each cause, for `reachLost`;
 * - `visit`: chance, hour by hour, that the next visit comes, with the send and without it, for `any`; a regression as above says how
 *   much of the difference holds.
 */
export const OBJECTIVE_MODELS = ['effect', 'response', 'hazard', 'visit'] as const
export type ObjectiveModel = (typeof OBJECTIVE_MODELS)[number]

/** What the owner wants more of, and how much one unit of it is worth. */
export interface Objective {
  readonly name: string
  /** Names of the track events that count. For `reachLost` the reach events of the config count by themselves. */
  readonly events: readonly string[]
  readonly aggregate: Aggregate
  /** Property that holds an event's value, for `sum`; without it every event counts 1. */
  readonly valueProperty?: string
  readonly windowHours: number
  /** What one unit is called on screen: `EUR`, `visits`, `active days`, `contactable days`. */
  readonly unit: string
  /** Value of one unit on the common scale on which scores are compared. */
  readonly weight: number
  /** Units per raw reward: for `reachLost`, the discounted contactable days that one lost channel costs. Default 1. */
  readonly scale?: number
  /** Expected effect of one send before anything was learned, per channel, in raw reward units. */
  readonly priorEffect?: Readonly<Record<string, number>>
  /** Standard deviation of that expectation, and of what each feature may change about it. */
  readonly priorEffectSd?: number
  /** Standard deviation of one raw reward around its mean; where the noise estimate starts. */
  readonly noiseSd?: number
  /** Default `effect`. `reachLost` goes with `hazard` or `effect`; `visit` with `any` alone and a window of whole hours up to `LONGEST_VISIT_HOURS`. */
  readonly model?: ObjectiveModel
  /** For `response`: what one outcome of a send is worth, in raw units, before any was seen. Default 1. */
  readonly worth?: number
  /**
   * For `response`: the share of what a send brings that names it, by channel, as the owner guesses; people also come by
   * themselves after reading, and buy days later. The regression corrects it. Default 1.
   */
  readonly traced?: Readonly<Record<string, number>>
  /**
   * For `response`: what an answer by itself is worth later, in raw units, as the owner believes: who finds a message worth
   * opening comes back sooner. The regression corrects it as far as the window shows it. Default 0.
   */
  readonly habit?: number
  /**
   * For `response`: what sends bring is learned at this age already, corrected for outcomes that have not come yet by the delays of
   * matured ones; less than the window. Default: once the window has closed.
   */
  readonly earlyHours?: number
  /**
   * For `response`: so many days of later sends count in what a send costs by tiring its user. The price stands among the
   * prices of the action. Default 0: none.
   */
  readonly lookAheadDays?: number
  /**
   * For `hazard`: what a usual day of being able to reach somebody on one channel is worth, on the common scale. With it the days
   * count by what each is worth for this user on this channel, as learned from the log; this number is where that
   * starts. Without it every day counts alike.
   */
  readonly worthPerDay?: number
}

/** A week: each hour of the window of a `visit` objective is looked at by itself, and hours of the week come again after it. */
export const LONGEST_VISIT_HOURS = 168

/** Effects are small beside the noise: where an objective names no standard deviation, a tenth of the noise's. */
const EFFECT_SHARE = 0.1

/** How far the effect of one send is expected to lie from `priorEffect`, in raw reward units. */
export function priorEffectSdOf({ priorEffectSd, noiseSd = 1 }: Objective): number {
  return priorEffectSd ?? EFFECT_SHARE * noiseSd
}

/** The same in the objective's unit: the size effects have, in which claims count. */
export function effectUnitOf(objective: Objective): number {
  return priorEffectSdOf(objective) * Math.abs(objective.scale ?? 1)
}

/**
 * How the outcomes inside the reward window become one number:
 * - `sum`: add the values; `any`: 1 if there was one, else 0;
 * - `activeDays`: how many different 24-hour days of the window, counted from the decision, had one;
 * - `reachLost`: minus the number of channels lost (opt-out, push disabled, uninstall, complaint).
 */
export const AGGREGATES = ['sum', 'any', 'activeDays', 'reachLost'] as const
export type Aggregate = (typeof AGGREGATES)[number]

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
  /** Standard deviation of that expectation. */
  readonly priorEffectSd?: number
  /** Standard deviation of one raw reward around its mean; where the noise estimate starts. */
  readonly noiseSd?: number
}

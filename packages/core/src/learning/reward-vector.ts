import { type EpochMs, HOUR_MS, type Objective } from '../domain/index.ts'
import { type RewardOutcome, rewardOf } from './reward.ts'

/** Horizons of the reward vector in hours: an hour, a day, a week, four weeks, ever. */
export const REWARD_HORIZONS_HOURS: readonly number[] = [1, 24, 168, 672, Number.POSITIVE_INFINITY]

/** What a decision has brought within one horizon so far. */
export interface HorizonReward {
  readonly horizonHours: number
  readonly reward: number
  /** Whether the horizon has passed, so that the reward is final; "ever" never has. */
  readonly isMature: boolean
}

/**
 * The reward of one decision at every horizon, as known at `now`. Outcomes count by when they happened, so the order in which they were
 * told does not matter and a late one falls where it belongs; those before the decision or after `now` do not count.
 */
export function rewardVector(
  objective: Objective,
  outcomes: readonly RewardOutcome[],
  {
    decidedAt,
    now,
    horizonsHours = REWARD_HORIZONS_HOURS,
  }: { readonly decidedAt: EpochMs; readonly now: EpochMs; readonly horizonsHours?: readonly number[] },
): readonly HorizonReward[] {
  return horizonsHours.map((horizonHours) => {
    const end = decidedAt + horizonHours * HOUR_MS
    const inside = outcomes.filter(({ at }) => at >= decidedAt && at < end && at <= now)
    return { horizonHours, reward: rewardOf(objective, decidedAt, inside), isMature: now >= end }
  })
}

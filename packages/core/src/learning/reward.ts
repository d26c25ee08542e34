import { assertNever, DAY_MS, type EpochMs, type Objective, type Outcome } from '../domain/index.ts'

/** What a reward is computed from; machine-made outcomes are left out before. */
export interface RewardOutcome extends Pick<Outcome, 'at' | 'name' | 'values' | 'reachLoss' | 'channel'> {
  /** It names the decision at hand, and the person opened or clicked. Absent means no. */
  readonly isOwn?: boolean
  readonly isResponse?: boolean
}

function activeDays(objective: Objective, decidedAt: EpochMs, outcomes: readonly RewardOutcome[]): number {
  const days = new Set<number>()
  for (const outcome of outcomes) {
    if (outcome.values[objective.name] !== undefined) days.add(Math.floor((outcome.at - decidedAt) / DAY_MS))
  }
  return days.size
}

function channelsLost(outcomes: readonly RewardOutcome[]): number {
  const lost = new Set<string>()
  for (const outcome of outcomes) if (outcome.reachLoss !== null) lost.add(outcome.channel ?? 'all')
  return lost.size
}

/**
 * The reward of one decision for one objective, in raw units: all outcomes of the user inside the window count, whoever
 * caused them, because what is learned is the difference to `hold` and never an attribution.
 */
export function rewardOf(objective: Objective, decidedAt: EpochMs, outcomes: readonly RewardOutcome[]): number {
  switch (objective.aggregate) {
    case 'sum':
      return outcomes.reduce((sum, outcome) => sum + (outcome.values[objective.name] ?? 0), 0)
    case 'any':
      return outcomes.some((outcome) => outcome.values[objective.name] !== undefined) ? 1 : 0
    case 'activeDays':
      return activeDays(objective, decidedAt, outcomes)
    case 'reachLost':
      return -channelsLost(outcomes)
    default:
      return assertNever(objective.aggregate)
  }
}

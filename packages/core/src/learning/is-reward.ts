/** Larger rewards are none: squares of errors, and sums of them, must stay finite, or nothing could be learned ever after. */
const MAX_REWARD = 1e100

/** Whether a number can be learned from as a reward. */
export function isReward(value: number): boolean {
  return Math.abs(value) <= MAX_REWARD
}

export const REWARD_EXPECTED: string = `a finite number within ±${MAX_REWARD}`

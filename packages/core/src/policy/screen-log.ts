/** What somebody else's log says of one decision. */
export interface LoggedChoice {
  /** How many actions were eligible. */
  readonly actions: number
  /** Index of the one taken. */
  readonly chosen: number
  readonly propensity: number
  readonly reward: number
}

/** Why a logged decision cannot be learned from or evaluated. */
export const LOG_REFUSALS = [
  'no-actions',
  'unknown-action',
  'no-probability',
  'below-floor',
  'reward-not-finite',
] as const
export type LogRefusal = (typeof LOG_REFUSALS)[number]

export interface ScreenedLog {
  /** Rows that can be used, in order. */
  readonly usable: readonly number[]
  readonly refused: readonly { readonly row: number; readonly reason: LogRefusal }[]
}

// A propensity that was rounded to six digits may miss its floor by this share.
const ROUNDING = 1e-5

/**
 * Sorts the rows of an imported log into usable ones and refused ones with a reason. `floor` is what the log's policy says it
 * spread over all actions: a propensity below floor / actions contradicts that, so the row was not drawn from what is
 * claimed, and weighting by it would be wrong; with floor 0 every probability in (0, 1] passes. One eligible action with
 * propensity 1 is usable, though it says nothing about others.
 */
export function screenLog(rows: readonly LoggedChoice[], floor: number): ScreenedLog {
  const usable: number[] = []
  const refused: { readonly row: number; readonly reason: LogRefusal }[] = []
  rows.forEach((choice, row) => {
    const reason = refusalOf(choice, floor)
    if (reason === null) usable.push(row)
    else refused.push({ row, reason })
  })
  return { usable, refused }
}

function refusalOf({ actions, chosen, propensity, reward }: LoggedChoice, floor: number): LogRefusal | null {
  if (!(Number.isInteger(actions) && actions >= 1)) return 'no-actions'
  if (!(Number.isInteger(chosen) && chosen >= 0 && chosen < actions)) return 'unknown-action'
  if (!(propensity > 0 && propensity <= 1)) return 'no-probability'
  if (propensity < (floor / actions) * (1 - ROUNDING)) return 'below-floor'
  return Number.isFinite(reward) ? null : 'reward-not-finite'
}

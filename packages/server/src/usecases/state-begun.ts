import { DAY_MS, type EpochMs, type PolicyState } from '@paloma/core'

/**
 * The prior after a change of features or objectives, under its own number: decisions of so many days before are still to be learned from, with
 * their features made anew; older ones are not.
 */
export function begunAnew(id: number, prior: PolicyState, relearnDays: number): PolicyState {
  const at = prior.createdAt
  const from = at - relearnDays * DAY_MS
  const learnedUntil = Object.fromEntries(Object.keys(prior.learnedUntil).map((name) => [name, from]))
  return { ...prior, id, learnedUntil, began: { at, from } }
}

/** Whether nothing was learned since the schema changed, not even that there is nothing. */
export function hasYetToBegin({ began, createdAt }: PolicyState): boolean {
  return began !== undefined && began.at === createdAt
}

/** Since when what a state knows has been ageing. */
export function startOf(state: PolicyState): EpochMs {
  return hasYetToBegin(state) ? state.began!.from : state.createdAt
}

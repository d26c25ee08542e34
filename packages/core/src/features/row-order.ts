import type { ActionToEncode } from './feature-encoder.ts'

/**
 * Writes into `order` the numbers of all rows, those of one channel and moment after another, because their features
 * begin alike. Before `first` lie rows without an action; row first + i is `actions[i]`.
 */
export function orderRows(order: Int32Array, actions: readonly ActionToEncode[], first: number): void {
  let placed = 0
  for (; placed < first; placed += 1) order[placed] = placed
  for (let i = 0; placed < order.length; i += 1) {
    if (firstLike(actions, i) < i) continue
    for (let j = i; j < actions.length; j += 1) if (isLike(actions[j]!, actions[i]!)) order[placed++] = first + j
  }
}

/** The first action of the same channel and moment. */
function firstLike(actions: readonly ActionToEncode[], index: number): number {
  let i = 0
  while (!isLike(actions[i]!, actions[index]!)) i += 1
  return i
}

function isLike(a: ActionToEncode, b: ActionToEncode): boolean {
  return a.channel === b.channel && a.sendAt === b.sendAt
}

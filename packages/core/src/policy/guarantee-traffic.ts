import { PalomaError } from '../domain/index.ts'

/**
 * Guaranteed traffic for new messages: p ← (1 − share) p + share / messages / actions of the message on the actions of new messages, so that
 * every new message keeps at least its part, however many channels and moments it may be sent at. Without a new message nothing
 * changes; where all actions are new the guarantee is a floor. `newMessages` names the message of every action, null for one that is not new.
 * Throws TRAFFIC_INVALID unless `share` is in [0, 1] and `newMessages` has one entry per action.
 */
export function guaranteeTraffic(
  probabilities: Float64Array,
  newMessages: readonly (string | null)[],
  share: number,
): Float64Array {
  if (!(share >= 0 && share <= 1)) throw new PalomaError('TRAFFIC_INVALID', `share must be in [0, 1], got ${share}`)
  if (newMessages.length !== probabilities.length) {
    const expected = `newMessages.length must be ${probabilities.length}`
    throw new PalomaError('TRAFFIC_INVALID', `${expected}, got ${newMessages.length}`)
  }
  const actions = new Map<string, number>()
  for (const message of newMessages) if (message !== null) actions.set(message, (actions.get(message) ?? 0) + 1)
  if (actions.size === 0) return probabilities
  return probabilities.map((p, k) => {
    const message = newMessages[k]!
    return (1 - share) * p + (message === null ? 0 : share / actions.size / actions.get(message)!)
  })
}

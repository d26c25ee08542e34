import type { Action, Channel, EpochMs, OfferedMessages } from '../domain/index.ts'

/** A choice for later is learned from when it is made again; until then it counts as not chosen. */
export function countsNow(action: Action, now: EpochMs): boolean {
  return action.kind === 'hold' || action.sendAt <= now
}

/** The columns of a decision that say which messages were on offer, row by row. */
export interface Offer {
  readonly actions: readonly Action[]
  /** Null for `hold`. */
  readonly messages: readonly (string | null)[]
  readonly probabilities: ArrayLike<number>
  readonly chosen: number
  readonly now: EpochMs
}

/**
 * What a decision keeps of its messages: indicators of message and channel minus their probabilities, given that the choice is one for now,
 * so that what came after can be compared with what would have come without the message (action-centring, as for features).
 */
export function offeredMessages({ actions, messages, probabilities, chosen, now }: Offer): OfferedMessages {
  const columns = new Map<string, { readonly message: string; readonly channel: Channel; value: number }>()
  let mass = 0
  for (let i = 0; i < actions.length; i++) if (countsNow(actions[i]!, now)) mass += probabilities[i]!
  for (let i = 0; i < actions.length; i++) {
    const action = actions[i]!
    const message = messages[i] ?? null
    if (action.kind === 'hold' || message === null || !countsNow(action, now)) continue
    const key = `${action.channel} ${message}`
    const column = columns.get(key) ?? { message, channel: action.channel, value: 0 }
    column.value += (i === chosen ? 1 : 0) - probabilities[i]! / mass
    columns.set(key, column)
  }
  const choice = actions[chosen]!
  const message = messages[chosen] ?? null
  const isSend = choice.kind === 'send' && message !== null
  return {
    sent: isSend ? { message, variant: choice.variant, channel: choice.channel } : null,
    centred: [...columns.values()],
  }
}

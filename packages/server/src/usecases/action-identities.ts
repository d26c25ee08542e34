import type { Action, Channel, Decision, Opportunity } from '@paloma/core'

/** An action as it is the same across decisions. */
export interface ActionIdentity {
  /** `hold`, `push price-drop`, `email digest, later`. */
  readonly name: string
  readonly kind: 'hold' | 'now' | 'later'
  readonly channel: Channel | null
  readonly message: string | null
}

/** Numbers the actions that are met, from 0 on. */
export interface IdentityBook {
  indexOf(action: Action, decision: Pick<Decision, 'at'>, messages: ReadonlyMap<string, Opportunity>): number
  readonly all: readonly ActionIdentity[]
}

/** An empty book. */
export function identityBook(): IdentityBook {
  const places = new Map<string, number>()
  const all: ActionIdentity[] = []
  return {
    all,
    indexOf(action, decision, messages) {
      const identity = identityOf(action, decision, messages)
      const known = places.get(identity.name)
      if (known !== undefined) return known
      places.set(identity.name, all.length)
      return all.push(identity) - 1
    },
  }
}

function identityOf(
  action: Action,
  { at }: Pick<Decision, 'at'>,
  messages: ReadonlyMap<string, Opportunity>,
): ActionIdentity {
  if (action.kind === 'hold') return { name: 'hold', kind: 'hold', channel: null, message: null }
  const { channel, opportunityId, sendAt } = action
  const message = messages.get(opportunityId)?.message ?? opportunityId
  const isLater = sendAt > at
  return { name: `${channel} ${message}${isLater ? ', later' : ''}`, kind: isLater ? 'later' : 'now', channel, message }
}

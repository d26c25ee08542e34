import { describe, expect, it } from 'vitest'
import { type Channel, type Opportunity, opportunityId, userId } from '../domain/index.ts'
import type { ActionToEncode } from './feature-encoder.ts'
import { orderRows } from './row-order.ts'

const variant = { name: 'default', content: {} }
const opportunity: Opportunity = {
  id: opportunityId('o'),
  producer: 'shop',
  userId: userId('u'),
  message: 'digest',
  category: 'marketing',
  topic: 'news',
  channels: [],
  variants: [variant],
  window: { notBefore: 0, expires: 9 },
  claims: [],
  features: {},
}
const action = (channel: Channel, sendAt: number): ActionToEncode => ({
  opportunity,
  variant,
  channel,
  sendAt,
})

function orderOf(actions: readonly ActionToEncode[], first: number): readonly number[] {
  const order = new Int32Array(actions.length + first)
  orderRows(order, actions, first)
  return [...order]
}

describe('orderRows', () => {
  it('puts rows of one channel and moment together, in the order in which they come', () => {
    const actions = [action('email', 1), action('push', 1), action('email', 2), action('push', 1), action('email', 1)]
    expect(orderOf(actions, 1)).toEqual([0, 1, 5, 2, 4, 3])
  })

  it('lists rows without an action first, also when there is nothing else', () => {
    expect(orderOf([], 1)).toEqual([0])
    expect(orderOf([action('sms', 1)], 0)).toEqual([0])
  })
})

import { expect, it } from 'vitest'
import { type Category, HOUR_MS, opportunityId } from '../domain/index.ts'
import { type CadenceRule, cadence } from './cadence.ts'
import type { PolicyInput } from './policy-input.ts'
import { inputOf, NOW, sendAction } from './testing/policy-input.ts'
import { testPolicy } from './testing/test-policy.ts'

const RULE: CadenceRule = { perWeek: 2, gapHours: 48, channels: ['push', 'email'] }

testPolicy({ kind: 'cadence', ...RULE }, 0)

function withSends(input: PolicyInput, hoursAgo: readonly number[], category: Category = 'marketing'): PolicyInput {
  const sends = hoursAgo.map((hours) => ({
    at: NOW - hours * HOUR_MS,
    channel: 'email' as const,
    category,
    message: 'm',
    topic: 't',
    opportunityId: `past-${hours}`,
  }))
  return { ...input, user: { ...input.user, history: { ...input.user.history, sends } } }
}

/** Which action is certain. */
function choice(input: PolicyInput): number {
  return cadence(input, RULE).indexOf(1)
}

const ONE = inputOf([1], [0])

it.each([
  ['nobody wrote lately', [], 1],
  ['the week is full', [160, 60], 0],
  ['one of two sends left the week', [169, 60], 1],
  ['the last send is too young', [47], 0],
  ['the last send is just old enough', [48], 1],
])('holds or sends as the rule says when %s', (_, hoursAgo, expected) => {
  expect(choice(withSends(ONE, hoursAgo))).toBe(expected)
})

it('does not count transactional messages', () => {
  expect(choice(withSends(ONE, [1, 2, 3], 'transactional'))).toBe(1)
})

it('prefers channel order, then the earliest moment, then the largest claim, then the id', () => {
  const actions = [
    { kind: 'hold' } as const,
    sendAction(9, { channel: 'in-app' }),
    sendAction(8, { channel: 'email' }),
    sendAction(7, { channel: 'push', sendAt: NOW + 1 }),
    sendAction(6, { channel: 'push' }),
    sendAction(5, { channel: 'push' }),
    sendAction(4, { channel: 'push' }),
  ]
  const input = { ...inputOf([0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]), actions }
  expect(choice({ ...input, claimed: Float64Array.of(0, 9, 9, 9, 1, 3, 2) })).toBe(5)
  expect(choice({ ...input, claimed: Float64Array.of(0, 9, 9, 9, 1, 1, 1) })).toBe(6)
  expect(choice({ ...input, actions: actions.slice(0, 4) })).toBe(3)
  expect(choice({ ...input, actions: actions.slice(0, 3) })).toBe(2)
  expect(choice({ ...input, actions: actions.slice(0, 2) })).toBe(0)
})

it.each([
  ['the usual hour', 'UTC', 18, 2],
  ['the usual hour on the clock of the user', 'America/New_York', 13, 2],
  ['the nearest hour across midnight', 'UTC', 23.5, 3],
])('sends at %s', (_, zone, localHour, expected) => {
  const midnight = Date.UTC(2026, 2, 2)
  const at = (hour: number) => sendAction(hour, { channel: 'push', sendAt: midnight + hour * HOUR_MS })
  const actions = [{ kind: 'hold' } as const, at(9), at(18), at(24)]
  const input = { ...inputOf([0, 0, 0, 0], [0, 0, 0, 0]), actions, now: midnight, zone }
  expect(cadence(input, { ...RULE, localHour }).indexOf(1)).toBe(expected)
})

it('takes the first action when it may not hold', () => {
  const second = sendAction(2, { channel: 'push', opportunityId: opportunityId('a') })
  const input = { ...ONE, actions: [sendAction(1), second] }
  expect(choice(input)).toBe(0)
})

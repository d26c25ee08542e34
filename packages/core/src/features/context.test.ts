import { describe, expect, it } from 'vitest'
import { DAY_MS, HOUR_MS, type UserHistory } from '../domain/index.ts'
import { NOW, past, person } from '../eligibility/testing/scenes.ts'
import { fatigueOf, featureContext, lastSentAt } from './context.ts'

function contextOf(history: Partial<UserHistory>, now = NOW) {
  const user = person()
  return featureContext({ ...user, history: { ...user.history, ...history } }, { now, context: {} }, 'Europe/Berlin')
}

const ago = (days: number): number => NOW - days * DAY_MS

describe('featureContext', () => {
  it('counts sends per channel in 1, 7 and 28 days, each window without its far end', () => {
    const sends = [28, 27.9, 7, 6.9, 1, 0.9, 0].map((days) => past({ at: ago(days) }))
    expect(contextOf({ sends }).channels.push).toMatchObject({
      sends1d: 2,
      sends7d: 4,
      sends28d: 6,
      responses28d: 0,
    })
  })

  it('does not count transactional messages nor sends of the future', () => {
    const sends = [past({ at: ago(1), category: 'transactional' }), past({ at: NOW + 1 })]
    const context = contextOf({ sends })
    expect(context.channels.push.sends28d).toBe(0)
    expect(lastSentAt(context, 'digest')).toBeUndefined()
  })

  it('sums sends of seven days over channels and keeps when a family was last sent', () => {
    const sends = [
      past({ at: ago(3), channel: 'email' }),
      past({ at: ago(2), channel: 'push' }),
      past({ at: ago(1), channel: 'sms', message: 'other' }),
    ]
    const context = contextOf({ sends })
    expect(context.sends7d).toBe(3)
    expect(['digest', 'other', 'never'].map((message) => lastSentAt(context, message))).toEqual([
      ago(2),
      ago(1),
      undefined,
    ])
  })

  it('counts responses and visits of the past alone, and days since the last visit up to 28', () => {
    const responses = [29, 27, 1, -1].map((days) => ({ at: ago(days), channel: 'email' as const }))
    const visits = [29, 10, 3, -1].map(ago)
    const context = contextOf({ responses, visits })
    expect(context.channels.email.responses28d).toBe(2)
    expect(context).toMatchObject({ visits7d: 1, visits28d: 2, daysSinceVisit: 3 })
    expect(contextOf({}).daysSinceVisit).toBe(28)
    expect(contextOf({ visits: [ago(40)] }).daysSinceVisit).toBe(28)
    expect(contextOf({ visits: [NOW - 6 * HOUR_MS] }).daysSinceVisit).toBe(0.25)
  })

  it('lets the weight of a send halve in the days of its channel', () => {
    const sends = [past({ at: ago(6) }), past({ at: ago(3) }), past({ at: ago(10), channel: 'email' })]
    const context = contextOf({
      sends: [...sends, past({ at: ago(1), category: 'transactional' }), past({ at: NOW + 1 })],
    })
    expect(fatigueOf(context, 'push')).toBeCloseTo(0.25 + 0.5, 12)
    expect(fatigueOf(context, 'email')).toBeCloseTo(0.25, 12)
    expect(fatigueOf(context, 'sms')).toBe(0)
  })

  it('counts an open and the click after it as one response, and sends since the last one as unanswered', () => {
    const opened = ago(5)
    const responses = [opened, opened + 60_000, opened + 60_000 + HOUR_MS].map((at) => ({
      at,
      channel: 'email' as const,
    }))
    const sends = [6, 4, 2].map((days) => past({ at: ago(days), channel: 'email' }))
    const { email } = contextOf({ sends, responses }).channels
    expect(email).toMatchObject({ responses28d: 3, answers28d: 1 })
    expect(email.unanswered).toBe(2)
    expect(contextOf({ sends }).channels.email.unanswered).toBe(3)
  })

  it('takes the zone of the user, else of the company', () => {
    const moment = { now: NOW, context: {} }
    expect(featureContext(person({ timeZone: 'Asia/Tokyo' }), moment, 'UTC').zone).toBe('Asia/Tokyo')
    expect(featureContext(person(), moment, 'UTC').zone).toBe('UTC')
  })
})

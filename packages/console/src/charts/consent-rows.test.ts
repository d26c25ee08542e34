import { expect, it } from 'vitest'
import { consentRows } from './consent-rows.ts'

it('says what was agreed to and when, what stands against it, and what was taken back', () => {
  const rows = consentRows({
    consent: {
      channels: { email: 'granted' },
      topics: { offers: 'denied' },
      channelTopics: {},
      learning: true,
      exploration: false,
    },
    consentSaidAt: {
      channels: {},
      topics: { offers: '2026-03-01T09:30:00.000Z' },
      channelTopics: {},
      exploration: '2026-03-02T09:30:00.000Z',
    },
    suppressions: [{ channel: 'email', reason: 'bounce', since: '2026-03-03T09:30:00.000Z' }],
    liftedOptOuts: [{ channel: 'sms', since: '2026-03-04T09:30:00.000Z' }],
  })
  expect(rows).toEqual([
    ['channel email', 'granted', 'without a time'],
    ['topic offers', 'denied', '2026-03-01 09:30'],
    ['to be learned from', 'granted', 'without a time'],
    ['to be explored on', 'denied', '2026-03-02 09:30'],
    ['suppressed email', 'bounce', '2026-03-03 09:30'],
    ['sms again', 'opt-out taken back', '2026-03-04 09:30'],
  ])
})

import { describe, expect, it } from 'vitest'
import {
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  type Opportunity,
  opportunityId,
  REFUSAL_REASONS,
  type Refusal,
  type Rules,
} from '../domain/index.ts'
import { consent, NOW, past, proposal, run, type Scene, times } from './testing/scenes.ts'

/** Each case has one opportunity of interest, `opp-1`, which is refused for exactly these reasons. */
const REFUSED: readonly (readonly [string, Scene, readonly Refusal[]])[] = [
  ['a channel the rules do not name', { rules: { channels: {} } }, [{ reason: 'channel-off' }]],
  [
    'a variant without content for the channel',
    { opportunities: [proposal({ variants: [{ name: 'default', content: {} }] })] },
    [{ reason: 'no-content' }],
  ],
  ['a user without an address', { profile: { addresses: { email: 'a@example.org' } } }, [{ reason: 'no-address' }]],
  ['an empty address', { profile: { addresses: { pushToken: '' } } }, [{ reason: 'no-address' }]],
  [
    'a suppressed channel',
    { profile: { suppressions: [{ channel: 'push', reason: 'gone', since: 0 }] } },
    [{ reason: 'suppressed', rule: 'gone' }],
  ],
  [
    'a denied channel, whatever the topic says',
    { profile: consent({ channels: { push: 'denied' }, channelTopics: { 'push:offers': 'granted' } }) },
    [{ reason: 'channel-denied' }],
  ],
  [
    'a denied topic, whatever the channel says',
    { profile: consent({ channels: { push: 'granted' }, topics: { offers: 'denied' } }) },
    [{ reason: 'topic-denied' }],
  ],
  [
    'a denied topic on this channel, whatever the topic says',
    { profile: consent({ topics: { offers: 'granted' }, channelTopics: { 'push:offers': 'denied' } }) },
    [{ reason: 'topic-denied' }],
  ],
  [
    'marketing on an opt-in channel without a yes',
    {
      rules: { channels: { push: { consent: 'opt-in', pricePerSend: 0 } } },
      profile: consent({ channels: { push: 'unknown' } }),
    },
    [{ reason: 'no-consent' }],
  ],
  [
    'a used-up rolling cap, until its oldest send leaves',
    {
      rules: { caps: [{ name: 'two a day', max: 2, window: { kind: 'rolling', hours: 24 } }] },
      sends: [past({ at: NOW - 20 * HOUR_MS }), past({ at: NOW - HOUR_MS })],
    },
    [{ reason: 'capped', rule: 'two a day', until: NOW + 4 * HOUR_MS }],
  ],
  [
    "a used-up calendar-day cap, until the user's midnight",
    {
      rules: { caps: [{ name: 'today', max: 1, window: { kind: 'calendarDays', days: 1 } }] },
      sends: [past({ at: NOW - 12 * HOUR_MS })],
    },
    [{ reason: 'capped', rule: 'today', until: NOW + 12 * HOUR_MS }],
  ],
  [
    'a cap of none, for ever',
    { rules: { caps: [{ name: 'never', max: 0, window: { kind: 'rolling', hours: 1 } }] } },
    [{ reason: 'capped', rule: 'never' }],
  ],
  [
    'a send too soon after the last',
    { rules: { gaps: [{ name: 'breathe', minutes: 90 }] }, sends: [past({ at: NOW - HOUR_MS })] },
    [{ reason: 'minimum-gap', rule: 'breathe', until: NOW + 30 * MINUTE_MS }],
  ],
  [
    'quiet hours that lapse',
    { rules: { quietHours: [{ startMinute: 660, endMinute: 780, behaviour: 'lapse' }] } },
    [{ reason: 'quiet-hours', rule: '11:00-13:00', until: NOW + HOUR_MS }],
  ],
  [
    'a window not yet open',
    { opportunities: [proposal({ window: { notBefore: NOW + 1, expires: NOW + DAY_MS } })] },
    [{ reason: 'not-before', until: NOW + 1 }],
  ],
  [
    'a window that closes now',
    { opportunities: [proposal({ window: { notBefore: 0, expires: NOW } })] },
    [{ reason: 'expired' }],
  ],
  [
    'an opportunity that another supersedes',
    { opportunities: [proposal(), proposal({ id: opportunityId('opp-2'), supersedes: opportunityId('opp-1') })] },
    [{ reason: 'superseded' }],
  ],
  [
    'the older of two that share a dedupeKey',
    {
      opportunities: [
        proposal({ dedupeKey: 'd' }),
        proposal({ id: opportunityId('opp-0'), dedupeKey: 'd', window: { notBefore: NOW - 1, expires: NOW + DAY_MS } }),
      ],
    },
    [{ reason: 'duplicate' }],
  ],
  [
    'the smaller id of two as new that share a dedupeKey',
    { opportunities: [proposal({ id: opportunityId('opp-2'), dedupeKey: 'd' }), proposal({ dedupeKey: 'd' })] },
    [{ reason: 'duplicate' }],
  ],
  [
    'another of a group that was sent',
    { opportunities: [proposal({ groupKey: 'g' })], sends: [past({ at: NOW - 9 * DAY_MS, groupKey: 'g' })] },
    [{ reason: 'group-exclusive' }],
  ],
  [
    'an opportunity that was sent',
    { sends: [past({ at: NOW - 9 * DAY_MS, opportunityId: 'opp-1' })] },
    [{ reason: 'already-sent' }],
  ],
  [
    'everything at once, with every ground',
    {
      rules: { channels: {} },
      profile: { addresses: {}, ...consent({ channels: { push: 'denied' } }) },
      opportunities: [proposal({ window: { notBefore: 0, expires: NOW } })],
    },
    [{ reason: 'expired' }, { reason: 'channel-off' }, { reason: 'no-address' }, { reason: 'channel-denied' }],
  ],
  [
    'what several limits forbid, with each of them',
    {
      rules: {
        caps: [{ name: 'today', max: 1, window: { kind: 'calendarDays', days: 1 } }],
        gaps: [{ name: 'breathe', minutes: 90 }],
      },
      sends: [past({ at: NOW - HOUR_MS })],
      opportunities: [proposal({ variants: [{ name: 'default', content: {} }] })],
    },
    [
      { reason: 'no-content' },
      { reason: 'capped', rule: 'today', until: NOW + 12 * HOUR_MS },
      { reason: 'minimum-gap', rule: 'breathe', until: NOW + 30 * MINUTE_MS },
    ],
  ],
]

describe('refusals', () => {
  it.each(REFUSED)('refuses %s', (_, scene, refusals) => {
    const { eligible, refused } = run(scene)
    expect(refused.filter(({ candidate }) => candidate.opportunityId === 'opp-1').map((item) => item.refusals)).toEqual(
      [refusals],
    )
    expect(eligible.filter(({ opportunity }) => opportunity.id === 'opp-1')).toEqual([])
  })

  it('has a case for every reason but those of experiments and of limits all users share, which hold back what passed here', () => {
    const elsewhere = ['withheld', 'limit-reached']
    const seen = new Set([...elsewhere, ...REFUSED.flatMap(([, , refusals]) => refusals.map(({ reason }) => reason))])
    expect([...REFUSAL_REASONS].filter((reason) => !seen.has(reason))).toEqual([])
  })

  it('records what holds for all variants and slots once, with variant *', () => {
    const variants = ['a', 'b'].map((name) => ({ name, content: { push: { title: 'Hi' } } }))
    const { refused } = run({
      rules: { channels: {}, slots: { localHours: [14], horizonHours: 24 } },
      opportunities: [proposal({ variants })],
    })
    expect(refused.map(({ candidate }) => candidate)).toEqual([
      { opportunityId: 'opp-1', variant: '*', channel: 'push', sendAt: NOW },
    ])
  })

  it('records what depends on the slot for every candidate', () => {
    const variants = ['a', 'b'].map((name) => ({ name, content: { push: { title: 'Hi' } } }))
    const gaps = [{ name: 'breathe', minutes: 90 }]
    const { refused, eligible } = run({
      rules: { gaps, slots: { localHours: [14], horizonHours: 24 } },
      sends: [past({ at: NOW })],
      opportunities: [proposal({ variants })],
    })
    expect(refused.map(({ candidate }) => [candidate.variant, candidate.sendAt])).toEqual([
      ['a', NOW],
      ['b', NOW],
    ])
    expect(times(eligible)).toEqual([NOW + 2 * HOUR_MS, NOW + 2 * HOUR_MS])
  })
})

const ALLOWED: readonly (readonly [string, Scene])[] = [
  ['marketing on an opt-out channel about which nothing was said', {}],
  [
    'a granted topic on an opt-in channel',
    {
      rules: { channels: { push: { consent: 'opt-in', pricePerSend: 0 } } },
      profile: consent({ topics: { offers: 'granted' } }),
    },
  ],
  [
    'a granted channel on an opt-in channel',
    {
      rules: { channels: { push: { consent: 'opt-in', pricePerSend: 0 } } },
      profile: consent({ channels: { push: 'granted' } }),
    },
  ],
  [
    'a granted channel topic although the topic is denied',
    { profile: consent({ topics: { offers: 'denied' }, channelTopics: { 'push:offers': 'granted' } }) },
  ],
  [
    'service on an opt-in channel without a no',
    {
      rules: { channels: { push: { consent: 'opt-in', pricePerSend: 0 } } },
      opportunities: [proposal({ category: 'service' })],
    },
  ],
  [
    'a rolling cap whose oldest send leaves this very moment',
    {
      rules: { caps: [{ name: 'one', max: 1, window: { kind: 'rolling', hours: 24 } }] },
      sends: [past({ at: NOW - DAY_MS })],
    },
  ],
  [
    "a send just before the user's midnight, under a cap of today",
    {
      rules: { caps: [{ name: 'today', max: 1, window: { kind: 'calendarDays', days: 1 } }] },
      sends: [past({ at: NOW - 12 * HOUR_MS - 1 })],
    },
  ],
  [
    'a cap that counts another channel',
    {
      rules: { caps: [{ name: 'mail', channels: ['email'], max: 1, window: { kind: 'rolling', hours: 24 } }] },
      sends: [past({ at: NOW - 1 })],
    },
  ],
  [
    'a cap used up by transactional sends, which it does not count',
    {
      rules: { caps: [{ name: 'one', max: 1, window: { kind: 'rolling', hours: 24 } }] },
      sends: [past({ at: NOW - 1, category: 'transactional' })],
    },
  ],
  ['the minute quiet hours end', { rules: { quietHours: [{ startMinute: 660, endMinute: 720, behaviour: 'lapse' }] } }],
  [
    'quiet hours of another topic',
    { rules: { quietHours: [{ startMinute: 0, endMinute: 1440, behaviour: 'lapse', topics: ['news'] }] } },
  ],
  [
    'quiet hours that start when they end',
    { rules: { quietHours: [{ startMinute: 720, endMinute: 720, behaviour: 'lapse' }] } },
  ],
  ['a window that opens now', { opportunities: [proposal({ window: { notBefore: NOW, expires: NOW + 1 } })] }],
  ['a topic named like a member of every object', { opportunities: [proposal({ topic: 'constructor' })] }],
]

describe('what passes', () => {
  it.each(ALLOWED)('allows %s', (_, scene) => {
    const { eligible, refused, mandatory } = run(scene)
    expect(times(eligible)).toEqual([NOW])
    expect(refused).toEqual([])
    expect(mandatory).toBe(false)
  })
})
describe('transactional messages', () => {
  const receipt = (over: Partial<Opportunity> = {}) =>
    proposal({ category: 'transactional', channels: ['email', 'push'], ...over })
  const limits: Partial<Rules> = {
    caps: [{ name: 'never', max: 0, window: { kind: 'rolling', hours: 1 } }],
    gaps: [{ name: 'breathe', minutes: 90 }],
    quietHours: [{ startMinute: 0, endMinute: 1440, behaviour: 'lapse' }],
  }

  it('pass caps, gaps, quiet hours and the need for a yes, and are mandatory', () => {
    const { eligible, mandatory } = run({
      rules: limits,
      opportunities: [proposal(), receipt({ id: opportunityId('opp-2') })],
      sends: [past({ at: NOW })],
    })
    expect(mandatory).toBe(true)
    expect(eligible.map(({ candidate }) => [candidate.opportunityId, candidate.channel])).toEqual([
      ['opp-2', 'email'],
      ['opp-2', 'push'],
    ])
  })

  it('obey a limit that names their category', () => {
    const caps = [
      { name: 'all', max: 0, window: { kind: 'rolling', hours: 1 } as const, categories: ['transactional' as const] },
    ]
    expect(run({ rules: { caps }, opportunities: [receipt()] })).toMatchObject({ eligible: [], mandatory: false })
  })

  it.each([
    ['topic', consent({ topics: { offers: 'denied' } })],
    ['channel', consent({ channels: { email: 'denied', push: 'denied' } })],
    ['address', { addresses: {} }],
  ])('never pass a missing or denied %s', (_, profile) => {
    expect(run({ profile, opportunities: [receipt()] })).toMatchObject({ eligible: [], mandatory: false })
  })

  it('are not mandatory while they cannot leave now', () => {
    const window = { notBefore: NOW + HOUR_MS, expires: NOW + DAY_MS }
    const opportunities = [receipt({ window }), proposal({ id: opportunityId('opp-2') })]
    const { eligible, mandatory } = run({ rules: { slots: { localHours: [18], horizonHours: 12 } }, opportunities })
    expect(mandatory).toBe(false)
    expect(eligible.map(({ candidate }) => [candidate.opportunityId, candidate.sendAt])).toEqual([
      ['opp-1', NOW + 6 * HOUR_MS],
      ['opp-1', NOW + 6 * HOUR_MS],
      ['opp-2', NOW],
      ['opp-2', NOW + 6 * HOUR_MS],
    ])
  })

  it('leave one by one, the soonest to expire first, with the first variant that has content', () => {
    const soon = { notBefore: 0, expires: NOW + HOUR_MS }
    const variants = [
      { name: 'a', content: { email: { subject: 'Hi' } } },
      { name: 'b', content: { email: { subject: 'Hi' }, push: { title: 'Hi' } } },
    ]
    const slots = { localHours: [12.5], horizonHours: 24 }
    const opportunities = [
      receipt(),
      receipt({ id: opportunityId('opp-3'), window: soon, variants }),
      receipt({ id: opportunityId('opp-4'), window: soon }),
    ]
    const { eligible } = run({ rules: { slots }, opportunities })
    expect(eligible.map(({ candidate }) => candidate)).toEqual([
      { kind: 'send', opportunityId: 'opp-3', variant: 'a', channel: 'email', sendAt: NOW },
      { kind: 'send', opportunityId: 'opp-3', variant: 'b', channel: 'push', sendAt: NOW },
    ])
  })
})

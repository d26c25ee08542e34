import { describe, expect, it } from 'vitest'
import {
  type Consent,
  DAY_MS,
  DEFAULT_CONSENT,
  HOUR_MS,
  MINUTE_MS,
  type Opportunity,
  opportunityId,
  type PastSend,
  REFUSAL_REASONS,
  type Refusal,
  type Rules,
  type UserProfile,
  type UserState,
  userId,
} from '../domain/index.ts'
import { type EligibilityInput, type EligibleCandidate, eligibleCandidates } from './eligible-candidates.ts'
import { lastMomentCheck } from './last-moment-check.ts'

// Noon in Berlin on a summer day without a change of the clocks.
const NOW = Date.UTC(2026, 5, 10, 10)

const RULES: Rules = {
  channels: {
    push: { consent: 'opt-out', pricePerSend: 0 },
    email: { consent: 'opt-in', pricePerSend: 0 },
    'in-app': { consent: 'opt-out', pricePerSend: 0 },
  },
  caps: [],
  gaps: [],
  quietHours: [],
  slots: { localHours: [], horizonHours: 24 },
  timeZone: 'Europe/Berlin',
}

const proposal = (over: Partial<Opportunity> = {}): Opportunity => ({
  id: opportunityId('opp-1'),
  producer: 'shop',
  userId: userId('user-1'),
  message: 'price-drop',
  category: 'marketing',
  topic: 'offers',
  channels: ['push'],
  variants: [
    { name: 'default', content: { push: { title: 'Hi' }, email: { subject: 'Hi' }, 'in-app': { title: 'Hi' } } },
  ],
  window: { notBefore: NOW - HOUR_MS, expires: NOW + 2 * DAY_MS },
  claims: [],
  features: {},
  ...over,
})

const past = (over: Partial<PastSend> & { readonly at: number }): PastSend => ({
  channel: 'push',
  category: 'marketing',
  message: 'digest',
  topic: 'news',
  opportunityId: 'old',
  ...over,
})

function person(profile: Partial<UserProfile> = {}, sends: readonly PastSend[] = []): UserState {
  return {
    profile: {
      userId: userId('user-1'),
      traits: {},
      addresses: { email: 'a@example.org', pushToken: 'token' },
      consent: DEFAULT_CONSENT,
      suppressions: [],
      createdAt: 0,
      ...profile,
    },
    history: { sends, responses: [], visits: [] },
  }
}

interface Scene {
  readonly profile?: Partial<UserProfile>
  readonly sends?: readonly PastSend[]
  readonly opportunities?: readonly Opportunity[]
  readonly rules?: Partial<Rules>
  readonly now?: number
  readonly trigger?: EligibilityInput['trigger']
}

function run({ profile, sends, opportunities, rules, now, trigger }: Scene) {
  return eligibleCandidates({
    user: person(profile, sends),
    opportunities: opportunities ?? [proposal()],
    rules: { ...RULES, ...rules },
    now: now ?? NOW,
    trigger: trigger ?? 'request',
  })
}

const consent = (over: Partial<Consent>): Partial<UserProfile> => ({ consent: { ...DEFAULT_CONSENT, ...over } })
const times = (eligible: readonly EligibleCandidate[]) => eligible.map(({ candidate }) => candidate.sendAt)

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

  it('has a case for every reason', () => {
    const seen = new Set(REFUSED.flatMap(([, , refusals]) => refusals.map(({ reason }) => reason)))
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

describe('slots', () => {
  it('offers now and the local hours later than now, within horizon and window, soonest first', () => {
    const rules = { slots: { localHours: [18, 9, 12], horizonHours: 24 } }
    expect(times(run({ rules }).eligible)).toEqual([NOW, NOW + 6 * HOUR_MS, NOW + 21 * HOUR_MS, NOW + 24 * HOUR_MS])
    const window = { notBefore: NOW - 1, expires: NOW + 21 * HOUR_MS }
    expect(times(run({ rules, opportunities: [proposal({ window })] }).eligible)).toEqual([NOW, NOW + 6 * HOUR_MS])
  })

  it('has only now when a planned send fell due', () => {
    const rules: Partial<Rules> = { slots: { localHours: [18], horizonHours: 24 } }
    expect(times(run({ rules, trigger: 'planned' }).eligible)).toEqual([NOW])
  })

  it('offers later slots of a window that has not opened', () => {
    const window = { notBefore: NOW + HOUR_MS, expires: NOW + DAY_MS }
    const { eligible } = run({
      rules: { slots: { localHours: [18], horizonHours: 24 } },
      opportunities: [proposal({ window })],
    })
    expect(times(eligible)).toEqual([NOW + 6 * HOUR_MS])
  })

  it('asks caps at the time of the slot', () => {
    const caps = [{ name: 'today', max: 1, window: { kind: 'calendarDays', days: 1 } as const }]
    const { eligible, refused } = run({
      rules: { caps, slots: { localHours: [9, 18], horizonHours: 24 } },
      sends: [past({ at: NOW - 1 })],
    })
    expect(times(eligible)).toEqual([NOW + 21 * HOUR_MS])
    expect(refused.map(({ candidate }) => candidate.sendAt)).toEqual([NOW, NOW + 6 * HOUR_MS])
  })

  it('offers the end of quiet hours that wait, to those they make wait, and once', () => {
    const quietHours = [{ startMinute: 660, endMinute: 1080, behaviour: 'wait' as const, topics: ['offers'] }]
    const both = [proposal(), proposal({ id: opportunityId('opp-2'), topic: 'news' })]
    const { eligible } = run({ rules: { quietHours }, opportunities: both })
    expect(eligible.map(({ candidate }) => [candidate.opportunityId, candidate.sendAt])).toEqual([
      ['opp-1', NOW + 6 * HOUR_MS],
      ['opp-2', NOW],
    ])
    const merged = run({ rules: { quietHours, slots: { localHours: [18], horizonHours: 24 } } })
    expect(times(merged.eligible)).toEqual([NOW + 6 * HOUR_MS])
  })

  it('goes on to the end of quiet hours that follow', () => {
    const quietHours = [
      { startMinute: 660, endMinute: 780, behaviour: 'wait' as const },
      { startMinute: 780, endMinute: 840, behaviour: 'wait' as const },
    ]
    expect(times(run({ rules: { quietHours } }).eligible)).toEqual([NOW + 2 * HOUR_MS])
  })

  it('offers no end to quiet hours that never end', () => {
    const quietHours = [{ startMinute: 0, endMinute: 1440, behaviour: 'wait' as const }]
    expect(run({ rules: { quietHours } }).eligible).toEqual([])
  })
})

// Berlin: 2026-03-29 02:00 → 03:00 at 01:00Z, 2026-10-25 03:00 → 02:00 at 01:00Z.
describe('the nights on which clocks change', () => {
  const quiet = (startMinute: number, endMinute: number) => ({
    quietHours: [{ startMinute, endMinute, behaviour: 'wait' as const }],
  })
  const open = [proposal({ window: { notBefore: 0, expires: Date.UTC(2027, 0) } })]

  it.each([
    ['spring, an hour shorter', '2026-03-28T22:30:00Z', 22 * 60, 8 * 60, '2026-03-29T06:00:00Z'],
    ['spring, ending in the gap', '2026-03-28T22:30:00Z', 22 * 60, 150, '2026-03-29T01:00:00Z'],
    ['autumn, an hour longer', '2026-10-24T21:30:00Z', 22 * 60, 8 * 60, '2026-10-25T07:00:00Z'],
    ['autumn, ending in the repeated hour', '2026-10-25T00:10:00Z', 22 * 60, 150, '2026-10-25T00:30:00Z'],
    ['autumn, quiet again in the repeated hour', '2026-10-25T01:10:20Z', 22 * 60, 150, '2026-10-25T01:30:00Z'],
  ])('ends quiet hours rightly in %s', (_, at, start, end, until) => {
    const { eligible } = run({ rules: quiet(start, end), opportunities: open, now: Date.parse(at) })
    expect(times(eligible).map((t) => new Date(t).toISOString())).toEqual([until.replace('Z', '.000Z')])
  })

  it('moves on from a day that the zone skips', () => {
    const profile = { timeZone: 'Pacific/Apia' }
    const now = Date.parse('2011-12-30T09:00:00Z')
    const { eligible } = run({ rules: quiet(22 * 60, 8 * 60), opportunities: open, now, profile })
    expect(times(eligible)).toEqual([Date.parse('2011-12-30T18:00:00Z')])
  })

  it.each([
    ['spring', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z'],
    ['autumn', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z'],
  ])('counts a calendar day of 23 or 25 hours in %s', (_, midnight, next) => {
    const caps = [{ name: 'today', max: 1, window: { kind: 'calendarDays', days: 1 } as const }]
    const start = Date.parse(midnight)
    const end = Date.parse(next)
    const at = (now: number, send: number) =>
      run({ rules: { caps }, opportunities: open, now, sends: [past({ at: send })] })
    expect(at(end - 1, start).refused[0]?.refusals).toEqual([{ reason: 'capped', rule: 'today', until: end }])
    expect(times(at(end, start).eligible)).toEqual([end])
    expect(times(at(end - 1, start - 1).eligible)).toEqual([end - 1])
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
      { opportunityId: 'opp-3', variant: 'a', channel: 'email', sendAt: NOW },
      { opportunityId: 'opp-3', variant: 'b', channel: 'push', sendAt: NOW },
    ])
  })
})

describe('the check at the last moment', () => {
  const item = {
    channel: 'push',
    category: 'marketing',
    topic: 'offers',
    message: 'price-drop',
    groupKey: 'g',
    opportunityId: 'opp-1',
    expires: NOW + DAY_MS,
  } as const
  const check = ({ profile, sends, rules }: Scene, over: Partial<{ expires: number }> = {}) =>
    lastMomentCheck({ ...item, ...over }, { user: person(profile, sends), rules: { ...RULES, ...rules }, now: NOW })
  const quietHours = [{ startMinute: 660, endMinute: 780, behaviour: 'wait' as const }]
  const caps = [{ name: 'today', max: 1, window: { kind: 'calendarDays', days: 1 } as const }]

  it('lets go what nothing speaks against', () => {
    expect(check({})).toEqual({ kind: 'go' })
  })

  it('does not count the reservation of the send itself', () => {
    const own = past({ at: NOW, opportunityId: 'opp-1', groupKey: 'g' })
    expect(check({ rules: { caps }, sends: [own] })).toEqual({ kind: 'go' })
    expect(check({ sends: [past({ at: NOW - DAY_MS, opportunityId: 'opp-1' }), own] })).toEqual({
      kind: 'refuse',
      refusals: [{ reason: 'already-sent' }],
    })
  })

  it('takes the newest entry of its opportunity for the reservation, not an older one', () => {
    const sends = [NOW - DAY_MS, NOW].map((at) => past({ at, opportunityId: 'opp-1' }))
    expect(check({ rules: { gaps: [{ name: 'breathe', minutes: 90 }] }, sends })).toEqual({
      kind: 'refuse',
      refusals: [{ reason: 'already-sent' }],
    })
  })

  it.each([
    ['a later no', { profile: consent({ topics: { offers: 'denied' } }) }, [{ reason: 'topic-denied' }]],
    [
      'a cap used up meanwhile',
      { rules: { caps }, sends: [past({ at: NOW - 1 })] },
      [{ reason: 'capped', rule: 'today', until: NOW + 12 * HOUR_MS }],
    ],
    ['another of its group', { sends: [past({ at: NOW - 1, groupKey: 'g' })] }, [{ reason: 'group-exclusive' }]],
    ['a channel switched off', { rules: { channels: {} } }, [{ reason: 'channel-off' }]],
    [
      'quiet hours that lapse',
      { rules: { quietHours: [{ ...quietHours[0]!, behaviour: 'lapse' as const }] } },
      [{ reason: 'quiet-hours', rule: '11:00-13:00', until: NOW + HOUR_MS }],
    ],
  ] as readonly (readonly [string, Scene, readonly Refusal[]])[])('refuses after %s', (_, scene, refusals) => {
    expect(check(scene)).toEqual({ kind: 'refuse', refusals })
  })

  it('refuses what expired', () => {
    expect(check({}, { expires: NOW })).toEqual({ kind: 'refuse', refusals: [{ reason: 'expired' }] })
  })

  it('postpones to the end of quiet hours, unless it has expired by then', () => {
    expect(check({ rules: { quietHours } })).toEqual({ kind: 'postpone', until: NOW + HOUR_MS })
    expect(check({ rules: { quietHours } }, { expires: NOW + HOUR_MS })).toMatchObject({
      kind: 'refuse',
      refusals: [{ reason: 'quiet-hours' }],
    })
  })
})

import fc from 'fast-check'
import {
  CATEGORIES,
  CHANNELS,
  CONSENT_STATES,
  type Consent,
  type FrequencyCap,
  HOUR_MS,
  MINUTE_MS,
  type MinimumGap,
  type Opportunity,
  opportunityId,
  type PastSend,
  type QuietHours,
  type RuleScope,
  type Rules,
  type UserState,
  userId,
} from '../../domain/index.ts'
import type { EligibilityInput } from '../eligible-candidates.ts'

/** 2026-10-24T12:00:00Z: within a week of the end of summer time in Europe and America. */
export const NOON = 1_792_843_200_000

const TOPICS = ['offers', 'news', 'orders'] as const
const MESSAGES = ['price-drop', 'digest', 'receipt'] as const
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'] as const

const channel = fc.constantFrom(...CHANNELS)
const category = fc.constantFrom(...CATEGORIES)
const topic = fc.constantFrom(...TOPICS)
const message = fc.constantFrom(...MESSAGES)
const state = fc.constantFrom(...CONSENT_STATES)
const someOf = <T>(values: readonly T[]) => fc.subarray([...values], { minLength: 1 })

/** An object whose members are each present or absent, never undefined. */
function optional<T extends Record<string, unknown>>(members: { [K in keyof T]: fc.Arbitrary<T[K]> }) {
  return fc.record<T, never>(members, { requiredKeys: [] })
}

export const moments: fc.Arbitrary<number> = fc
  .integer({ min: -10 * 24 * 60, max: 10 * 24 * 60 })
  .map((minutes) => NOON + minutes * MINUTE_MS)

export const consents: fc.Arbitrary<Consent> = fc.record({
  channels: fc.dictionary(channel, state, { maxKeys: 3 }),
  topics: fc.dictionary(topic, state, { maxKeys: 2 }),
  channelTopics: fc.dictionary(
    fc.tuple(channel, topic).map(([c, t]) => `${c}:${t}`),
    state,
    { maxKeys: 3 },
  ),
  learning: fc.boolean(),
  exploration: fc.boolean(),
})

const pastSends = (now: number): fc.Arbitrary<readonly PastSend[]> =>
  fc
    .array(
      fc.record(
        {
          at: fc.integer({ min: 0, max: 10 * 24 * 60 }).map((minutes) => now - minutes * MINUTE_MS),
          channel,
          category,
          message,
          topic,
          groupKey: fc.constantFrom('g1', 'g2'),
          opportunityId: fc.integer({ min: 0, max: 40 }).map((n) => `opp-${n}`),
        },
        { requiredKeys: ['at', 'channel', 'category', 'message', 'topic', 'opportunityId'] },
      ),
      { maxLength: 12 },
    )
    .map((sends) => sends.sort((a, b) => a.at - b.at))

/** A user with addresses, consent, suppressions and sends of the ten days before `now`. */
export const users = (now: number): fc.Arbitrary<UserState> =>
  fc
    .record({
      timeZone: fc.constantFrom(...ZONES),
      addresses: optional({
        email: fc.constant('a@example.org'),
        sms: fc.constant('+4912345'),
        webhook: fc.constant('https://example.org/hook'),
        pushToken: fc.constant('token'),
      }),
      consent: consents,
      suppressions: fc.array(
        fc.record({
          channel,
          reason: fc.constantFrom('bounce' as const, 'complaint' as const),
          since: fc.constant(now),
        }),
        { maxLength: 1 },
      ),
      sends: pastSends(now),
    })
    .map(({ sends, ...profile }) => ({
      profile: { userId: userId('user-1'), traits: {}, createdAt: 0, ...profile },
      history: { sends, responses: [], visits: [] },
    }))

const opportunity = (now: number): fc.Arbitrary<Omit<Opportunity, 'id'>> =>
  fc.record(
    {
      producer: fc.constant('shop'),
      userId: fc.constant(userId('user-1')),
      message,
      category,
      topic,
      channels: someOf(CHANNELS),
      variants: fc.array(someOf(CHANNELS), { minLength: 1, maxLength: 2 }).map((lists) =>
        lists.map((list, i) => ({
          name: `v${i}`,
          content: Object.fromEntries(list.map((name) => [name, { title: 'Hello' }])),
        })),
      ),
      window: fc
        .record({ from: fc.integer({ min: -48, max: 6 }), length: fc.integer({ min: 1, max: 72 }) })
        .map(({ from, length }) => ({ notBefore: now + from * HOUR_MS, expires: now + (from + length) * HOUR_MS })),
      claims: fc.constant([]),
      features: fc.constant({}),
      dedupeKey: fc.constantFrom('d1', 'd2'),
      groupKey: fc.constantFrom('g1', 'g2'),
      supersedes: fc.integer({ min: 0, max: 40 }).map((n) => opportunityId(`opp-${n}`)),
    },
    {
      requiredKeys: [
        'producer',
        'userId',
        'message',
        'category',
        'topic',
        'channels',
        'variants',
        'window',
        'claims',
        'features',
      ],
    },
  )

/** Up to five opportunities of one user with different ids. */
export const opportunityLists = (now: number): fc.Arbitrary<readonly Opportunity[]> =>
  fc
    .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 40 }), opportunity(now)), { maxLength: 5, selector: ([n]) => n })
    .map((list) => list.map(([n, rest]) => ({ ...rest, id: opportunityId(`opp-${n}`) })))

const scopes: fc.Arbitrary<RuleScope> = fc.oneof(
  { weight: 2, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: optional({
      channels: someOf(CHANNELS),
      categories: someOf(CATEGORIES),
      topics: someOf(TOPICS),
      messages: someOf(MESSAGES),
    }),
  },
)

const caps: fc.Arbitrary<FrequencyCap> = fc
  .record({
    scope: scopes,
    name: fc.constantFrom('daily', 'weekly'),
    max: fc.integer({ min: 0, max: 4 }),
    window: fc.oneof(
      fc.record({ kind: fc.constant('rolling' as const), hours: fc.integer({ min: 1, max: 200 }) }),
      fc.record({ kind: fc.constant('calendarDays' as const), days: fc.integer({ min: 1, max: 8 }) }),
    ),
  })
  .map(({ scope, ...cap }) => ({ ...scope, ...cap }))

const gaps: fc.Arbitrary<MinimumGap> = fc
  .record({ scope: scopes, name: fc.constant('gap'), minutes: fc.integer({ min: 0, max: 2000 }) })
  .map(({ scope, ...gap }) => ({ ...scope, ...gap }))

const quietHours: fc.Arbitrary<QuietHours> = fc
  .record({
    scope: scopes,
    startMinute: fc.integer({ min: 0, max: 1439 }),
    endMinute: fc.integer({ min: 0, max: 1440 }),
    behaviour: fc.constantFrom('wait' as const, 'lapse' as const),
  })
  .map(({ scope, ...rule }) => ({ ...scope, ...rule }))

const channelRule = fc.record({
  consent: fc.constantFrom('opt-in' as const, 'opt-out' as const),
  pricePerSend: fc.constant(0),
})

/** Rules with every kind of limit; most channels are on. */
export const ruleSets: fc.Arbitrary<Rules> = fc.record({
  channels: fc.record(
    { push: channelRule, email: channelRule, 'in-app': channelRule, sms: channelRule, webhook: channelRule },
    { requiredKeys: ['email', 'in-app'] },
  ),
  caps: fc.array(caps, { maxLength: 3 }),
  gaps: fc.array(gaps, { maxLength: 1 }),
  quietHours: fc.array(quietHours, { maxLength: 2 }),
  slots: fc.record({
    localHours: fc.uniqueArray(fc.integer({ min: 0, max: 23 }), { maxLength: 3 }),
    horizonHours: fc.integer({ min: 0, max: 48 }),
  }),
  timeZone: fc.constantFrom(...ZONES),
})

/** All that a decision's eligibility depends on. */
export const situations: fc.Arbitrary<EligibilityInput> = moments.chain((now) =>
  fc.record({
    now: fc.constant(now),
    user: users(now),
    opportunities: opportunityLists(now),
    rules: ruleSets,
    trigger: fc.constantFrom('request' as const, 'planned' as const),
  }),
)

import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import {
  type Candidate,
  type Channel,
  type Consent,
  HOUR_MS,
  MINUTE_MS,
  type PastSend,
  type RuleScope,
  type UserState,
} from '../domain/index.ts'
import { type EligibilityInput, type EligibleCandidate, eligibleCandidates } from './eligible-candidates.ts'
import { lastMomentCheck } from './last-moment-check.ts'
import { situations } from './testing/arbitraries.ts'

const RUNS = { numRuns: 1500, seed: 2026 }

/** The same question put naively, so that the two can disagree. */
function speaksAbout(scope: RuleScope, send: Pick<PastSend, 'channel' | 'category' | 'topic' | 'message'>): boolean {
  const categories = scope.categories ?? ['service', 'marketing']
  if (!categories.some((category) => category === send.category)) return false
  if (scope.channels && !scope.channels.some((channel) => channel === send.channel)) return false
  if (scope.topics && !scope.topics.some((topic) => topic === send.topic)) return false
  return !scope.messages || scope.messages.some((message) => message === send.message)
}

function localDay(zone: string, at: number): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate()
}

const zoneOf = ({ user, rules }: EligibilityInput) => user.profile.timeZone ?? rules.timeZone
const subjectOf = ({ candidate, opportunity }: EligibleCandidate) => ({ ...opportunity, channel: candidate.channel })
const keyOf = ({ candidate: c }: { readonly candidate: Candidate }) =>
  `${c.opportunityId} ${c.variant} ${c.channel} ${c.sendAt}`

function countInWindow(input: EligibilityInput, cap: EligibilityInput['rules']['caps'][number], at: number): number {
  const sends = input.user.history.sends.filter((send) => speaksAbout(cap, send))
  if (cap.window.kind === 'rolling') {
    const { hours } = cap.window
    return sends.filter((send) => send.at > at - hours * HOUR_MS).length
  }
  const zone = zoneOf(input)
  const firstDay = localDay(zone, at).subtract({ days: cap.window.days - 1 })
  return sends.filter((send) => Temporal.PlainDate.compare(localDay(zone, send.at), firstDay) >= 0).length
}

function withDenial(user: UserState, denial: Partial<Consent>): UserState {
  const { consent } = user.profile
  const channels = { ...consent.channels, ...denial.channels }
  const topics = { ...consent.topics, ...denial.topics }
  const channelTopics = { ...consent.channelTopics, ...denial.channelTopics }
  return { ...user, profile: { ...user.profile, consent: { ...consent, channels, topics, channelTopics } } }
}

const denials: fc.Arbitrary<Partial<Consent>> = fc.oneof(
  fc
    .constantFrom<Channel>('push', 'email', 'in-app')
    .map((channel) => ({ channels: { [channel]: 'denied' as const } })),
  fc.constantFrom('offers', 'news', 'orders').map((topic) => ({ topics: { [topic]: 'denied' as const } })),
  fc.constantFrom('email:offers', 'in-app:news').map((key) => ({ channelTopics: { [key]: 'denied' as const } })),
)

/** Without a mandatory message, whose presence hides everything else. */
const optimised = situations.map((input) => ({
  ...input,
  opportunities: input.opportunities.filter(({ category }) => category !== 'transactional'),
}))

describe('laws of eligibility', () => {
  it('never lets a candidate through that a recount of caps or gaps forbids', () => {
    let checked = 0
    fc.assert(
      fc.property(situations, (input) => {
        for (const item of eligibleCandidates(input).eligible) {
          const { sendAt } = item.candidate
          for (const cap of input.rules.caps.filter((rule) => speaksAbout(rule, subjectOf(item)))) {
            expect(countInWindow(input, cap, sendAt)).toBeLessThan(cap.max)
            checked += 1
          }
          for (const gap of input.rules.gaps.filter((rule) => speaksAbout(rule, subjectOf(item)))) {
            const sends = input.user.history.sends.filter((send) => speaksAbout(gap, send))
            expect(sends.every((send) => sendAt - send.at >= gap.minutes * MINUTE_MS)).toBe(true)
          }
        }
      }),
      RUNS,
    )
    expect(checked).toBeGreaterThan(100)
  })

  it('says capped only where a recount agrees, and frees the cap at the moment it names', () => {
    let checked = 0
    fc.assert(
      fc.property(optimised, (input) => {
        const caps = new Map(input.rules.caps.map((cap) => [cap.name, cap]))
        fc.pre(caps.size === input.rules.caps.length)
        for (const { candidate, refusals } of eligibleCandidates(input).refused) {
          for (const { reason, rule, until } of refusals) {
            if (reason !== 'capped') continue
            const cap = caps.get(rule!)!
            expect(countInWindow(input, cap, candidate.sendAt)).toBeGreaterThanOrEqual(cap.max)
            if (until === undefined) expect(cap.max).toBe(0)
            else {
              expect(countInWindow(input, cap, until)).toBeLessThan(cap.max)
              expect(countInWindow(input, cap, until - 1)).toBeGreaterThanOrEqual(cap.max)
            }
            checked += 1
          }
        }
      }),
      RUNS,
    )
    expect(checked).toBeGreaterThan(100)
  })

  it('never offers a moment inside quiet hours or outside the window', () => {
    fc.assert(
      fc.property(situations, (input) => {
        for (const item of eligibleCandidates(input).eligible) {
          const { sendAt } = item.candidate
          const local = Temporal.Instant.fromEpochMilliseconds(sendAt).toZonedDateTimeISO(zoneOf(input))
          const minute = local.hour * 60 + local.minute
          for (const rule of input.rules.quietHours.filter((quiet) => speaksAbout(quiet, subjectOf(item)))) {
            const { startMinute: start, endMinute: end } = rule
            expect(start <= end ? start <= minute && minute < end : start <= minute || minute < end).toBe(false)
          }
          expect(sendAt).toBeGreaterThanOrEqual(Math.max(input.now, item.opportunity.window.notBefore))
          expect(sendAt).toBeLessThan(item.opportunity.window.expires)
        }
      }),
      RUNS,
    )
  })

  it('never makes more eligible by one more denial', () => {
    fc.assert(
      fc.property(optimised, denials, (input, denial) => {
        const before = new Set(eligibleCandidates(input).eligible.map(keyOf))
        const after = eligibleCandidates({ ...input, user: withDenial(input.user, denial) }).eligible.map(keyOf)
        expect(after.filter((key) => !before.has(key))).toEqual([])
      }),
      RUNS,
    )
  })

  it('never sends past a denial, a suppression or a missing address, transactional or not', () => {
    let transactional = 0
    fc.assert(
      fc.property(situations, (input) => {
        const { consent, suppressions, addresses } = input.user.profile
        for (const { candidate, opportunity } of eligibleCandidates(input).eligible) {
          const specific = consent.channelTopics[`${candidate.channel}:${opportunity.topic}`]
          expect(consent.channels[candidate.channel]).not.toBe('denied')
          expect(specific).not.toBe('denied')
          if (specific !== 'granted') expect(consent.topics[opportunity.topic]).not.toBe('denied')
          expect(suppressions.some(({ channel }) => channel === candidate.channel)).toBe(false)
          if (candidate.channel === 'email') expect(addresses.email).toBeDefined()
          if (opportunity.category === 'transactional') transactional += 1
        }
      }),
      RUNS,
    )
    expect(transactional).toBeGreaterThan(50)
  })

  it('gives the same answer in the same order whatever the order of the opportunities', () => {
    fc.assert(
      fc.property(situations, (input) => {
        const reversed = { ...input, opportunities: [...input.opportunities].reverse() }
        expect(eligibleCandidates(reversed)).toEqual(eligibleCandidates(input))
      }),
      { ...RUNS, numRuns: 500 },
    )
  })

  it('answers for every channel of every opportunity, and for no candidate twice', () => {
    fc.assert(
      fc.property(optimised, (input) => {
        const { eligible, refused } = eligibleCandidates(input)
        const keys = [...eligible, ...refused].map(keyOf)
        expect(new Set(keys).size).toBe(keys.length)
        const answered = new Set([...eligible, ...refused].map(({ candidate: c }) => `${c.opportunityId} ${c.channel}`))
        expect(answered.size).toBe(input.opportunities.reduce((sum, { channels }) => sum + channels.length, 0))
      }),
      { ...RUNS, numRuns: 500 },
    )
  })

  it('lets go at the last moment exactly what could be chosen for now', () => {
    fc.assert(
      fc.property(optimised, (input) => {
        const { eligible } = eligibleCandidates(input)
        for (const { candidate, opportunity } of eligible) {
          if (candidate.sendAt !== input.now) continue
          const { category, topic, message, groupKey, id, window } = opportunity
          const item = {
            channel: candidate.channel,
            category,
            topic,
            message,
            groupKey: groupKey ?? null,
            opportunityId: id,
          }
          expect(lastMomentCheck({ ...item, expires: window.expires }, input)).toEqual({ kind: 'go' })
        }
      }),
      { ...RUNS, numRuns: 500 },
    )
  })
})

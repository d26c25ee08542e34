import { type ConsentState, type DatedProfile, type Suppression, userId, withLoss } from '@paloma/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mergeProfiles } from '../store/sql/user-alias.ts'
import { NOON } from '../store/testing/examples.ts'
import type { UserPatch } from './contract.ts'
import { applyPatch, newProfile } from './profile.ts'

const ada = userId('ada')
const NOBODY: DatedProfile = newProfile(ada, NOON)

/** Few moments and names, so that words meet. */
const moment = fc.integer({ min: NOON - 4, max: NOON })
const state = fc.constantFrom<ConsentState>('granted', 'denied', 'unknown')
const bag = <V>(names: readonly string[], value: fc.Arbitrary<V>): fc.Arbitrary<Record<string, V>> =>
  fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 2 })

interface Heard {
  readonly words: string
  readonly hear: (profile: DatedProfile) => DatedProfile
}

const patched = (patch: Omit<UserPatch, 'userId'>): Heard => ({
  words: JSON.stringify(patch),
  hear: (profile) => applyPatch(profile, { userId: ada, ...patch }, NOON),
})
const facts: fc.Arbitrary<Heard> = fc
  .record({
    saidAt: moment,
    traits: bag(['plan', 'constructor', '__proto__'], fc.constantFrom('free', 'paid', 7, true, null)),
    timeZone: fc.constantFrom('Europe/Rome', 'UTC', null),
    addresses: fc.record({ email: fc.constantFrom('a@b.example', 'c@d.example', null) }),
  })
  .map(patched)
const consent: fc.Arbitrary<Heard> = fc
  .record(
    {
      saidAt: moment,
      channels: bag(['email', 'push'], state),
      topics: bag(['news'], state),
      channelTopics: bag(['email:news'], state),
      learning: fc.boolean(),
      exploration: fc.boolean(),
    },
    { requiredKeys: ['saidAt', 'channels'] },
  )
  .map((words) => patched({ consent: words }))
const undatedYes: fc.Arbitrary<Heard> = fc
  .record({ channels: bag(['email', 'push'], fc.constant<ConsentState>('granted')), learning: fc.constant(true) })
  .map((words) => patched({ consent: words }))
const loss: fc.Arbitrary<Heard> = fc
  .record({
    channel: fc.constantFrom('email', 'push'),
    reason: fc.constantFrom('opt-out', 'opt-out', 'complaint', 'bounce'),
    since: moment,
  })
  .map((each) => ({
    words: JSON.stringify(each),
    hear: (profile: DatedProfile) => withLoss(profile, each as Suppression),
  }))
const heard: fc.Arbitrary<Heard> = fc.oneof(facts, consent, consent, undatedYes, loss, loss)

/** A list, and the same in another order with some of it said again. */
const twice = fc.array(heard, { maxLength: 8 }).chain((list) =>
  fc.tuple(
    fc.constant(list),
    fc
      .shuffledSubarray(list)
      .chain((again) => fc.shuffledSubarray([...list, ...again], { minLength: list.length + again.length })),
  ),
)

/** What does not depend on the order of members. A bounce may go with the address that bounced, whichever came first. */
function stateOf({ said, suppressions, ...profile }: DatedProfile): unknown {
  const standing = suppressions.filter(({ reason }) => reason !== 'bounce')
  return { ...profile, said: said ?? {}, suppressions: standing.map((each) => JSON.stringify(each)).toSorted() }
}
const after = (list: readonly Heard[], from: DatedProfile = NOBODY): DatedProfile =>
  list.reduce((profile, { hear }) => hear(profile), from)

describe('dated words', () => {
  it('make the same user in any order and however often they are said', () => {
    fc.assert(
      fc.property(twice, ([list, other]) => {
        expect(stateOf(after(other))).toEqual(stateOf(after(list)))
      }),
      { seed: 23, numRuns: 500 },
    )
  })

  it('make the same consent whichever of two ids they were said of, before or after both are known to be one', () => {
    const words = fc.array(fc.oneof(consent, undatedYes, loss), { maxLength: 8 })
    fc.assert(
      fc.property(words, fc.array(fc.boolean()), fc.nat(), (list, sides, cut) => {
        const early = list.slice(0, cut % (list.length + 1))
        const of = (side: boolean) => after(early.filter((_, i) => (sides[i] ?? false) === side))
        const joined = mergeProfiles(of(true), of(false))
        expect(stateOf(after(list.slice(early.length), joined))).toEqual(stateOf(after(list)))
      }),
      { seed: 24, numRuns: 500 },
    )
  })

  it('say of one device whether it can be reached in any order: its last loss against the last time it registered', () => {
    const device: DatedProfile = { ...NOBODY, addresses: { pushToken: 'token' } }
    const words = fc.array(
      fc.oneof(
        moment.map((saidAt) => ({
          at: saidAt,
          isLoss: false,
          ...patched({ saidAt, addresses: { pushToken: 'token' } }),
        })),
        fc.record({ at: moment, reason: fc.constantFrom('gone', 'bounce') }).map(({ at, reason }) => ({
          at,
          isLoss: true,
          words: `${reason} ${at}`,
          hear: (profile: DatedProfile) => withLoss(profile, { channel: 'push', reason, since: at } as Suppression),
        })),
      ),
      { maxLength: 8 },
    )
    fc.assert(
      fc.property(words, (list) => {
        const last = (isLoss: boolean) =>
          Math.max(0, ...list.flatMap((each) => (each.isLoss === isLoss ? [each.at] : [])))
        const isLost = last(true) > 0 && last(true) >= last(false)
        expect(after(list, device).suppressions.length > 0).toBe(isLost)
      }),
      { seed: 26, numRuns: 500 },
    )
  })

  it('let nobody be reached on a channel against his last word', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(consent, undatedYes, loss), { maxLength: 8 }), moment, (list, at) => {
        const out = after([
          ...list,
          { words: '', hear: (profile) => withLoss(profile, { channel: 'email', reason: 'opt-out', since: NOON }) },
          patched({ consent: { channels: { email: 'granted' }, saidAt: at } }),
          patched({ consent: { channels: { email: 'granted' } } }),
        ])
        expect(out.suppressions).toContainEqual({ channel: 'email', reason: 'opt-out', since: NOON })
      }),
      { seed: 25 },
    )
  })
})

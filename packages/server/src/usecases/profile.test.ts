import { userId } from '@paloma/core'
import { describe, expect, it } from 'vitest'
import { exampleProfile, NOON } from '../store/testing/examples.ts'
import { applyPatch, newProfile } from './profile.ts'

const id = userId('ada')

describe('applyPatch', () => {
  it('makes a new profile out of nothing but an id', () => {
    expect(applyPatch(undefined, { userId: id }, NOON)).toStrictEqual(newProfile(id, NOON))
  })

  it('leaves what is absent, removes what is null, and adds the rest', () => {
    const before = exampleProfile('ada', { traits: { plan: 'free', n: 1 }, timeZone: 'Europe/Berlin', locale: 'de' })
    const patch = {
      userId: id,
      traits: { n: null, colour: 'red' },
      timeZone: null,
      addresses: { email: null, sms: '+4917' },
    }
    const { said, ...after } = applyPatch(before, patch, NOON + 1)
    expect(after).toStrictEqual({
      ...exampleProfile('ada', { traits: { plan: 'free', colour: 'red' }, locale: 'de' }),
      addresses: { sms: '+4917' },
    })
    expect(said).toStrictEqual({
      traits: { n: NOON + 1, colour: NOON + 1 },
      self: { timeZone: NOON + 1 },
      addresses: { email: NOON + 1, sms: NOON + 1 },
    })
  })

  it('lays consent over consent, most specific keys apart', () => {
    const before = exampleProfile('ada', {
      consent: {
        channels: { email: 'granted' },
        topics: { offers: 'granted' },
        channelTopics: {},
        learning: true,
        exploration: true,
      },
    })
    const consent = {
      channels: { push: 'denied' as const },
      channelTopics: { 'email:offers': 'denied' as const },
      learning: false,
    }
    expect(applyPatch(before, { userId: id, consent }, NOON).consent).toStrictEqual({
      channels: { email: 'granted', push: 'denied' },
      topics: { offers: 'granted' },
      channelTopics: { 'email:offers': 'denied' },
      learning: false,
      exploration: true,
    })
  })

  it('gives back the same object when nothing is news, so that nothing is written', () => {
    const patch = { userId: id, traits: { plan: 'free', gone: null }, saidAt: NOON - 5 }
    const before = applyPatch(undefined, { ...patch, consent: { channels: { email: 'granted' } } }, NOON)
    for (const again of [
      patch,
      { ...patch, saidAt: NOON - 6, traits: { plan: 'paid' } },
      { userId: id },
      { userId: id, consent: { channels: { email: 'granted' as const }, exploration: true } },
    ]) {
      expect(applyPatch(before, again, NOON + 9)).toBe(before)
    }
  })

  it('forgets a bounce with the address that bounced, and keeps a complaint and an opt-out', () => {
    const suppressions = (['bounce', 'complaint', 'opt-out'] as const).map((reason) => ({
      channel: 'email' as const,
      reason,
      since: NOON,
    }))
    const before = exampleProfile('ada', {
      suppressions: [...suppressions, { channel: 'push', reason: 'gone', since: 1 }],
    })
    const same = applyPatch(before, { userId: id, addresses: { email: 'ada@example.org' } }, NOON)
    expect(same.suppressions).toHaveLength(4)
    const moved = applyPatch(before, { userId: id, addresses: { email: 'new@example.org', pushToken: 't' } }, NOON)
    expect(moved.suppressions.map(({ reason }) => reason)).toEqual(['complaint', 'opt-out'])
    const removed = applyPatch(before, { userId: id, addresses: { email: null } }, NOON)
    expect(removed.suppressions).toHaveLength(4)
  })

  it('keeps a trait named like a part of every object as a trait', () => {
    const named: Record<string, string> = JSON.parse('{"__proto__": "x", "constructor": "y"}')
    const { traits } = applyPatch(undefined, { userId: id, traits: named }, NOON)
    expect(Object.entries(traits)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
  })
})

import {
  DAY_MS,
  type DatedProfile,
  DEFAULT_CONSENT,
  groupOf,
  type Objective,
  type UserProfile,
  userId,
} from '@paloma/core'
import { afterEach, describe, expect, it } from 'vitest'
import { defaultConfig } from '../config/default-config.ts'
import type { UserTotals } from '../store/contract.ts'
import { exampleOutcome, exampleProfile, NOON } from '../store/testing/examples.ts'
import { totalFor } from './groups.ts'
import { reachOf } from './reach.ts'
import { reserve, scriptedChannel, type UsecaseLab, usecaseLab } from './testing/usecase-lab.ts'

const [FROM, UNTIL] = [NOON, NOON + 30 * DAY_MS]
const GROUPS_OF_A_QUARTER = {
  paloma: { ...defaultConfig.groups.paloma, share: 500_000 },
  businessAsUsual: { ...defaultConfig.groups.businessAsUsual, share: 0 },
  random: { ...defaultConfig.groups.random, share: 0 },
  holdout: { ...defaultConfig.groups.holdout, share: 500_000 },
}

describe('reach', () => {
  const rules = defaultConfig.rules.channels
  const reach = (changes: Partial<DatedProfile>, losses: UserTotals['reachLosses'] = []) =>
    reachOf(exampleProfile('ada', { addresses: { email: 'a@b.example', sms: '+49' }, ...changes }), losses, {
      ...{ from: FROM, until: UNTIL, rules },
      channels: ['email', 'sms', 'push'],
    })
  const consent = (changes: Partial<UserProfile['consent']>) => ({ consent: { ...DEFAULT_CONSENT, ...changes } })
  const suppressed = (since: number): Partial<UserProfile> => ({
    suppressions: [{ channel: 'email', reason: 'opt-out', since }],
  })

  const back = (at: number, said: DatedProfile['said'] = {}): Partial<DatedProfile> => ({
    ...consent({ channels: { email: 'granted' } }),
    said: { channels: { email: at }, ...said },
  })
  const no = (at: number): Partial<DatedProfile> => ({
    ...consent({ channels: { email: 'denied' } }),
    said: { channels: { email: at } },
  })

  it.each([
    ['counts a channel with an address, and none that needs a yes', {}, [], 1, 1],
    ['counts an opt-in channel after a yes', consent({ channels: { sms: 'granted' } }), [], 2, 2],
    [
      'counts an opt-in channel after a yes to a topic on it',
      consent({ channelTopics: { 'sms:a': 'granted' } }),
      [],
      2,
      2,
    ],
    [
      'does not count a channel that was denied, nobody knows when',
      consent({ channels: { email: 'denied' } }),
      [],
      0,
      0,
    ],
    ['counts as lost what was suppressed within', suppressed(FROM), [], 1, 0],
    ['leaves out what was suppressed before', suppressed(FROM - 1), [], 0, 0],
    ['has not lost what is suppressed after', suppressed(UNTIL), [], 1, 1],
    ['counts as lost what an outcome says', {}, [{ at: FROM + 1, channel: 'email' }], 1, 0],
    ['loses a channel once', suppressed(FROM + 5), [{ at: FROM + 1, channel: 'email' }], 1, 0],
    ['knows that a lost channel without address was one', { addresses: {} }, [{ at: FROM, channel: 'push' }], 1, 0],
    ['still reaches who left and came back', back(FROM + 9), [{ at: FROM + 1, channel: 'email' }], 1, 1],
    [
      'still reaches who came back to a topic',
      { ...consent({ channelTopics: { 'email:a': 'granted' } }), said: { channelTopics: { 'email:a': FROM + 9 } } },
      [{ at: FROM + 1, channel: 'email' }],
      1,
      1,
    ],
    ['has lost who left again', back(FROM + 9), [{ at: FROM + 10, channel: 'email' }], 1, 0],
    ['has lost who came back only afterwards', back(UNTIL), [{ at: FROM + 1, channel: 'email' }], 1, 0],
    ['has lost who said yes at the moment he left', back(FROM + 1), [{ at: FROM + 1, channel: 'email' }], 1, 0],
    ['counts at first who came back before', back(FROM - 1, { lifted: { email: FROM - 2 } }), [], 1, 1],
    ['leaves out who came back within', back(FROM + 1, { lifted: { email: FROM - 2 } }), [], 0, 0],
    [
      'has lost whose address bounced, whatever he says',
      { ...back(FROM + 9), suppressions: [{ channel: 'email', reason: 'bounce', since: FROM + 1 }] },
      [],
      1,
      0,
    ],
    ['has lost who refused the channel within', no(FROM + 1), [], 1, 0],
    ['leaves out who refused it before', no(FROM - 1), [], 0, 0],
    ['has not lost who refused it afterwards', no(UNTIL), [], 1, 1],
    ['begins when the user is first seen', { ...suppressed(FROM + 1), createdAt: FROM + 2 }, [], 0, 0],
  ] as const)('%s', (_title, changes, losses, atFirst, still) => {
    expect(reach(changes, losses)).toEqual({ atFirst, still })
  })
})

describe('the total of an objective', () => {
  const totals: UserTotals = {
    userId: userId('ada'),
    values: { conversion: 12.5, engagement: 9, retention: 9 },
    days: { conversion: 1, engagement: 4, retention: 5 },
    sends: 3,
    reachLosses: [
      { at: 1, channel: 'email' },
      { at: 2, channel: 'email' },
      { at: 3, channel: 'push' },
    ],
  }
  it.each([
    ['conversion', 12.5],
    ['engagement', 4],
    ['retention', 5],
    ['reachability', -2 * 60],
  ])('of %s follows its own definition', (name, expected) => {
    const objective = defaultConfig.objectives.find((each) => each.name === name) as Objective
    expect(totalFor(objective, totals)).toBe(expected)
    expect(totalFor(objective, { ...totals, values: {}, days: {}, reachLosses: [] })).toBe(0)
  })
})

describe('the comparison of groups', () => {
  let lab: UsecaseLab
  afterEach(() => lab.close())

  it('counts every user of a group, also those of whom nothing was heard', async () => {
    lab = await usecaseLab({ adapters: [scriptedChannel('email')], config: { groups: GROUPS_OF_A_QUARTER } })
    const ids = Array.from({ length: 60 }, (_, i) => `u${i}`)
    await lab.store.users.change(ids.map((id) => ({ userId: userId(id), update: () => exampleProfile(id) })))
    const inPaloma = ids.filter((id) => groupOf(GROUPS_OF_A_QUARTER, defaultConfig.groupSalt, userId(id)) === 'paloma')
    const [buyer, leaver] = inPaloma
    await lab.store.outcomes.insertMany([
      exampleOutcome('buys', buyer!, { at: FROM + 1, values: { conversion: 30 } }),
      exampleOutcome('leaves', leaver!, { at: FROM + 2, reachLoss: 'unsubscribed', channel: 'email' }),
    ])
    await reserve(lab.store, buyer!, 'sent', { at: FROM })
    await lab.due.dispatch()
    const { groups, differences } = await lab.usecases.groups.compare(FROM, UNTIL)
    const n = inPaloma.length
    expect(groups.paloma).toMatchObject({ users: n, sendsPerUser: 1 / n, optOutsPerUser: 1 / n, reach: (n - 1) / n })
    expect(groups.holdout).toMatchObject({ users: 60 - n, sendsPerUser: 0, optOutsPerUser: 0, reach: 1 })
    expect(groups.paloma.objectives.conversion?.mean).toBeCloseTo(30 / n, 12)
    expect(groups.paloma.objectives.reachability?.mean).toBeCloseTo(-60 / n, 12)
    expect(groups.paloma.combined.mean).toBeCloseTo((30 - 0.02 * 60) / n, 12)
    expect(differences['paloma-holdout']?.conversion?.mean).toBeCloseTo(30 / n, 12)
  })

  it('takes differences within sets of users who share a trait', async () => {
    lab = await usecaseLab({ adapters: [scriptedChannel('email')], config: { groups: GROUPS_OF_A_QUARTER } })
    const ids = Array.from({ length: 60 }, (_, i) => `u${i}`)
    const groupOfId = (id: string) => groupOf(GROUPS_OF_A_QUARTER, defaultConfig.groupSalt, userId(id))
    const [ada, bob] = ids.filter((id) => groupOfId(id) === 'paloma')
    const [adasTwin, bobsTwin] = ids.filter((id) => groupOfId(id) === 'holdout')
    const person: Record<string, string> = { [ada!]: 'ada', [adasTwin!]: 'ada', [bob!]: 'bob', [bobsTwin!]: 'bob' }
    const profileOf = (id: string) => exampleProfile(id, { traits: id in person ? { person: person[id]! } : {} })
    await lab.store.users.change(ids.map((id) => ({ userId: userId(id), update: () => profileOf(id) })))
    await lab.store.outcomes.insertMany([
      exampleOutcome('a', ada!, { at: FROM + 1, values: { conversion: 30 } }),
      exampleOutcome('b', bobsTwin!, { at: FROM + 1, values: { conversion: 10 } }),
    ])
    const matched = await lab.usecases.groups.compare(FROM, UNTIL, { matchedBy: 'person' })
    expect(matched.differences['paloma-holdout']?.conversion?.mean).toBeCloseTo((30 - 10) / 2, 12)
    expect(matched.matchedSets).toMatchObject({ 'paloma-holdout': 2, 'paloma-random': 0 })
    const { groups, differences, ...rest } = await lab.usecases.groups.compare(FROM, UNTIL)
    expect(rest).not.toHaveProperty('matchedSets')
    expect(matched.groups).toEqual(groups)
    expect(differences['paloma-holdout']?.conversion?.mean).not.toBeCloseTo(10, 6)
  })
})

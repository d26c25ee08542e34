import { describe, expect, it } from 'vitest'
import { DAY_MS, HOUR_MS, type Refusal } from '../domain/index.ts'
import { lastMomentCheck } from './last-moment-check.ts'
import { consent, NOW, past, person, RULES, type Scene } from './testing/scenes.ts'

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

  it('refuses what another send of the same opportunity has taken', () => {
    const twin = past({ at: NOW, opportunityId: 'opp-1', groupKey: 'g' })
    expect(check({ sends: [twin] })).toEqual({ kind: 'refuse', refusals: [{ reason: 'already-sent' }] })
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

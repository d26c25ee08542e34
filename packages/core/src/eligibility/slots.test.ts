import { describe, expect, it } from 'vitest'
import { DAY_MS, HOUR_MS, opportunityId, type Rules } from '../domain/index.ts'
import { NOW, past, proposal, run, times } from './testing/scenes.ts'

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

import { describe, expect, it } from 'vitest'
import type { TimelineEntry } from '../answers.ts'
import { sendPressure } from './send-pressure.ts'

const NOW = Date.parse('2026-03-29T09:00:00.000Z')

function send(channel: 'push' | 'email', hoursAgo: number, status = 'sent'): TimelineEntry {
  const at = new Date(NOW - hoursAgo * 3_600_000).toISOString()
  const ids = { sendId: 's', decisionId: 'd', message: 'm' }
  return { kind: 'send', at, send: { ...ids, channel, status, dueAt: at, error: null, refusals: [] } }
}

describe('sendPressure', () => {
  it('counts each channel over a day, a week and four weeks', () => {
    const entries = [send('push', 1), send('push', 30), send('email', 200), send('email', 700)]
    expect(sendPressure(entries, NOW)).toEqual([
      { channel: 'email', day: 0, week: 0, month: 1 },
      { channel: 'push', day: 1, week: 2, month: 2 },
    ])
  })

  it('leaves out what never reached the user', () => {
    expect(sendPressure([send('push', 1, 'refused'), send('push', 1, 'planned')], NOW)).toEqual([])
  })

  it('counts a send whose fate is unknown, as caps do', () => {
    expect(sendPressure([send('push', 1, 'unknown')], NOW)[0]?.day).toBe(1)
  })
})

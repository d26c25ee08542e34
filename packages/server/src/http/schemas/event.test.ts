import { describe, expect, it } from 'vitest'
import { eventSchema } from './event.ts'

const at = (text: string): number => Date.parse(text)

describe('the times of an event', () => {
  const timesOf = (times: Readonly<Record<string, string>>) => {
    const { timestamp, sentAt } = eventSchema.parse({ type: 'track', userId: 'ann', event: 'x', ...times })
    return { timestamp, sentAt }
  }
  const device = { sentAt: '2026-03-01T10:00:05.000Z' }

  it('are those of the device, as libraries send them', () => {
    const expected = { timestamp: at('2026-03-01T10:00:00Z'), sentAt: at(device.sentAt) }
    expect(timesOf({ ...device, timestamp: '2026-03-01T10:00:00Z' })).toEqual(expected)
    expect(timesOf({ ...device, originalTimestamp: '2026-03-01T10:00:00Z' })).toEqual(expected)
  })

  it('are corrected already where a customer data platform forwards or replays them, whenever that is', () => {
    expect(
      timesOf({
        ...device,
        originalTimestamp: '2026-03-01T10:00:00.000Z',
        timestamp: '2026-03-01T09:00:00.000Z',
        receivedAt: '2026-03-01T09:00:05.000Z',
      }),
    ).toEqual({ timestamp: at('2026-03-01T09:00:00Z'), sentAt: undefined })
  })
})

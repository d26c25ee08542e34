import { HOUR_MS } from '@paloma/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultConfig } from '../config/default-config.ts'
import { NOON } from '../store/testing/examples.ts'
import { correctedTime, outcomeOf, timeFault } from './outcome-of.ts'
import { track } from './testing/arrivals.ts'

describe('correctedTime', () => {
  it.each([
    ['nothing said', {}, NOON],
    ['a time alone', { timestamp: NOON - HOUR_MS }, NOON - HOUR_MS],
    ['a clock an hour fast', { timestamp: NOON + HOUR_MS - 5, sentAt: NOON + HOUR_MS }, NOON - 5],
    ['a clock a year slow', { timestamp: NOON - 365 * 24 * HOUR_MS, sentAt: NOON - 365 * 24 * HOUR_MS + 7 }, NOON - 7],
    ['a future time alone', { timestamp: NOON + HOUR_MS }, NOON],
    ['sent before it happened', { timestamp: NOON + 9, sentAt: NOON }, NOON],
  ])('with %s', (_, times, expected) => {
    expect(correctedTime(times, NOON)).toBe(expected)
  })

  it('is never after the receipt', () => {
    const time = fc.option(fc.integer({ min: 0, max: 4e12 }), { nil: undefined })
    fc.assert(
      fc.property(time, time, (timestamp, sentAt) => {
        const event = { ...(timestamp === undefined ? {} : { timestamp }), ...(sentAt === undefined ? {} : { sentAt }) }
        expect(correctedTime(event, NOON)).toBeLessThanOrEqual(NOON)
      }),
      { seed: 3 },
    )
  })

  it('is refused where two device times lie decades apart', () => {
    const event = track('m', 'u', 'x', { timestamp: Date.UTC(2001, 0), sentAt: Date.UTC(2099, 0) })
    expect(timeFault(event, NOON)).toMatchObject({ code: 'ITEM_INVALID', pointer: '/timestamp' })
    expect(timeFault(track('m', 'u', 'x'), NOON)).toBeUndefined()
  })
})

describe('outcomeOf', () => {
  const of = (name: string, properties = {}, changes = {}) =>
    outcomeOf(defaultConfig, track('m', 'u', name, { properties, ...changes }), NOON)

  it('values an order by its revenue, a visit and an active day', () => {
    expect(of('Order Completed', { revenue: 12.5 })).toMatchObject({
      isVisit: true,
      isResponse: false,
      values: { conversion: 12.5, engagement: 1, retention: 1 },
    })
  })

  it.each(['machine', 'sg_machine_open'])('keeps what %s marks out of learning', (mark) => {
    const opened = of('Email Opened', { [mark]: true })
    expect(opened).toMatchObject({ isMachine: true, isResponse: false, channel: 'email', values: {} })
    expect(of('App Visited', { [mark]: true })).toMatchObject({ isMachine: true, isVisit: false, values: {} })
    expect(of('Email Opened', { [mark]: 'true' })).toMatchObject({ isMachine: false, isResponse: true })
  })

  it('knows a loss of reach and its channel', () => {
    expect(of('Email Unsubscribed')).toMatchObject({ reachLoss: 'unsubscribed', channel: 'email', isResponse: false })
  })

  it('takes a decision that is named for joined, and only a text for a name', () => {
    expect(of('x', { decisionId: 'd1' })).toMatchObject({ decisionId: 'd1', joinedBy: 'decisionId' })
    expect(of('x', { decisionId: 7 })).toMatchObject({ decisionId: null, joinedBy: null })
  })

  it.each([
    ['page', 'Page Viewed'],
    ['screen', 'Screen Viewed'],
    ['group', 'Group Joined'],
  ] as const)('calls a %s call %s, whatever its own name', (type, name) => {
    expect(of('Home', {}, { type }).name).toBe(name)
  })

  it('keeps scalar properties, and takes names such as constructor for names', () => {
    const { properties, channel, reachLoss } = of('constructor', { a: 1, b: { c: 2 }, d: null, e: [] })
    expect(properties).toEqual({ a: 1 })
    expect([channel, reachLoss]).toEqual([null, null])
  })
})

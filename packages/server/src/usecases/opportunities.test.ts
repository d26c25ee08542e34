import { DAY_MS, HOUR_MS } from '@paloma/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NOON } from '../store/testing/examples.ts'
import {
  ALWAYS_SEND,
  type ArrivalsLab,
  arrivalsLab,
  ask,
  introduce,
  opportunityOf,
  outcomesOf,
  proposal,
  track,
} from './testing/arrivals.ts'

describe('opportunities', () => {
  let lab: ArrivalsLab
  beforeAll(async () => {
    lab = await arrivalsLab({ config: ALWAYS_SEND })
  })
  afterAll(() => lab.close())
  const statusOf = async (id: string) => (await lab.usecases.opportunities.get(opportunityOf(id)))?.status

  it('are taken once; the same again is a duplicate, another under its id a conflict', async () => {
    const { propose } = lab.usecases.opportunities
    const one = proposal('p-1', 'p-ada')
    expect(outcomesOf(await propose([one, one, { ...one, message: 'other' }]))).toEqual([
      'created',
      'duplicate',
      'OPPORTUNITY_CONFLICT',
    ])
    expect(outcomesOf(await propose([one]))).toEqual(['duplicate'])
    expect(await lab.usecases.opportunities.get(one.id)).toEqual({ opportunity: one, status: 'open' })
  })

  it('are refused one by one, whatever stands beside them', async () => {
    const results = await lab.usecases.opportunities.propose([
      proposal('p-a', 'p-ada'),
      proposal('p-b', 'p-ada', { channels: ['email', 'email'] }),
      proposal('p-\u0000c', 'p-ada'),
      proposal('p-d', 'p-ada', { window: { notBefore: NOON - DAY_MS, expires: NOON } }),
      proposal('p-e', 'p-ada'),
    ])
    expect(outcomesOf(results)).toEqual(['created', 'ITEM_INVALID', 'ROW_REFUSED', 'OPPORTUNITY_EXPIRED', 'created'])
    expect(results[3]).toMatchObject({
      error: { pointer: '/window/expires', detail: expect.stringContaining('2026-03-10T12:00:00.000Z') },
    })
    expect(await Promise.all(['p-a', 'p-b', 'p-d', 'p-e'].map(statusOf))).toEqual([
      'open',
      undefined,
      undefined,
      'open',
    ])
  })

  it('may be repeated after their window has closed, and are called expired then', async () => {
    const brief = proposal('p-brief', 'p-ada', { window: { notBefore: NOON - HOUR_MS, expires: NOON + HOUR_MS } })
    await lab.usecases.opportunities.propose([brief])
    lab.clock.set(NOON + HOUR_MS)
    expect(outcomesOf(await lab.usecases.opportunities.propose([brief]))).toEqual(['duplicate'])
    expect(await statusOf('p-brief')).toBe('expired')
    const storedStatus = async () => (await lab.store.opportunities.get([brief.id])).get(brief.id)?.status
    expect(await storedStatus()).toBe('open')
    await lab.due.prune()
    expect(await storedStatus()).toBe('expired')
    expect(outcomesOf(await lab.usecases.opportunities.propose([brief]))).toEqual(['duplicate'])
  })

  it('belong to the user behind an alias', async () => {
    const id = await introduce(lab, 'p-owner')
    await lab.usecases.events.ingest([track('p-m', id, '', { type: 'alias', previousId: 'p-cookie' })])
    const item = proposal('p-alias', 'p-cookie', { at: lab.clock.now() })
    expect(outcomesOf(await lab.usecases.opportunities.propose([item, item]))).toEqual(['created', 'duplicate'])
    expect(await lab.usecases.opportunities.get(item.id)).toMatchObject({ opportunity: { userId: 'p-owner' } })
  })

  it('are withdrawn while nothing has gone out', async () => {
    const id = await introduce(lab, 'p-withdraw')
    const at = lab.clock.now()
    await lab.usecases.opportunities.propose([proposal('p-w1', id, { at }), proposal('p-w2', id, { at: at + 1 })])
    await lab.usecases.decisions.decide([ask('p-wd', id)])
    const taken = (await statusOf('p-w1')) === 'taken' ? 'p-w1' : 'p-w2'
    expect(await lab.usecases.opportunities.withdraw(opportunityOf(taken))).toBe(true)
    await lab.due.dispatch()
    expect(lab.email.sent()).toEqual([])
    expect(await lab.usecases.opportunities.withdraw(opportunityOf('p-none'))).toBe(false)
    expect(await statusOf(taken)).toBe('withdrawn')
  })
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DAY_MS, HOUR_MS, userId } from '@paloma/core'
import { afterEach, describe, expect, it } from 'vitest'
import { defaultConfig } from '../config/default-config.ts'
import { pgliteStore } from '../store/pglite-store.ts'
import { NOON } from '../store/testing/examples.ts'
import { VIRTUAL_CLOCK } from './advance.ts'
import { OPEN_RULES, reserve, scriptedChannel, sendOf, type UsecaseLab, usecaseLab } from './testing/usecase-lab.ts'

const MINUTE_MS = 60_000

describe('a virtual clock', () => {
  let lab: UsecaseLab
  afterEach(() => lab.close())

  it('is kept at every step, so that a restart does not go back', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'paloma-clock-'))
    const store = await pgliteStore({ dataDir })
    lab = await usecaseLab({ store, adapters: [scriptedChannel('email')] })
    await lab.usecases.clock.advance(NOON + HOUR_MS)
    await store.close()
    const again = await pgliteStore({ dataDir })
    expect(await again.registry.getSetting(VIRTUAL_CLOCK)).toBe(String(NOON + HOUR_MS))
    await again.close()
    rmSync(dataDir, { recursive: true, force: true })
  })

  it('refuses to go back, also for the second of two calls at once', async () => {
    lab = await usecaseLab()
    const [first, second] = await Promise.allSettled([
      lab.usecases.clock.advance(NOON + 5),
      lab.usecases.clock.advance(NOON + 4),
    ])
    expect(first.status).toBe('fulfilled')
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'CLOCK_BACKWARDS' } })
    expect(lab.usecases.clock.now()).toBe(NOON + 5)
  })

  it('sends each message at its own moment on the way', async () => {
    const email = scriptedChannel('email')
    const handedAt: number[] = []
    lab = await usecaseLab({ adapters: [email] })
    email.answer(async () => {
      handedAt.push(lab.clock.now())
      return { kind: 'sent', providerMessageId: null }
    })
    const [soon, later] = [NOON + HOUR_MS, NOON + 3 * HOUR_MS]
    await reserve(lab.store, 'ada', 'soon', { category: 'transactional', sendAt: soon })
    await reserve(lab.store, 'bob', 'later', { category: 'transactional', sendAt: later })
    await reserve(lab.store, 'eve', 'now')
    expect(await lab.usecases.clock.advance(NOON + 2 * HOUR_MS)).toMatchObject({ redecided: 1, dispatched: 2 })
    expect(handedAt).toEqual([NOON, soon])
    expect(await lab.usecases.clock.advance(NOON + 4 * HOUR_MS)).toMatchObject({ redecided: 1, dispatched: 1 })
    expect(handedAt).toEqual([NOON, soon, later])
  })

  it('tries a refused send again at the moment it was put off to', async () => {
    const email = scriptedChannel('email')
    lab = await usecaseLab({ adapters: [email] })
    const handedAt: number[] = []
    email.answer(async () => {
      handedAt.push(lab.clock.now())
      return { kind: 'rejected', permanent: false, reason: 'busy' }
    })
    await reserve(lab.store, 'ada', 'busy')
    await lab.due.dispatch()
    const { dueAt } = await sendOf(lab.store, 'busy')
    await lab.usecases.clock.advance(NOON + MINUTE_MS)
    expect(handedAt).toEqual([NOON, dueAt])
  })

  it('gets through more due sends than fit into one batch, refused ones included', async () => {
    const email = scriptedChannel('email', { concurrency: 2 })
    lab = await usecaseLab({ adapters: [email] })
    for (let i = 0; i < 7; i += 1) await reserve(lab.store, 'ada', `n${i}`)
    await lab.usecases.users.upsert([{ userId: userId('ada'), consent: { channels: { email: 'denied' } } }])
    for (let i = 0; i < 5; i += 1) await reserve(lab.store, 'bob', `y${i}`)
    expect(await lab.usecases.clock.advance(NOON + 1)).toMatchObject({ dispatched: 5 })
    expect(await lab.store.sends.counts()).toEqual({ refused: 7, sent: 5 })
  })

  it('stops with an error instead of turning for ever when nothing comes of what is due', async () => {
    lab = await usecaseLab({ adapters: [scriptedChannel('email')] })
    await reserve(lab.store, 'ada', 'stuck')
    Object.assign(lab.store.sends, { claim: async () => [] })
    await expect(lab.usecases.clock.advance(NOON + 1)).rejects.toMatchObject({
      code: 'CLOCK_STALLED',
      message: expect.stringContaining('a reserved send is due'),
    })
    expect(lab.usecases.clock.now()).toBe(NOON)
  })

  it.each([
    ['every period on a short way', 10 * MINUTE_MS, 3 * HOUR_MS, 18],
    ['each midnight on a long way', 10 * MINUTE_MS, 3 * DAY_MS, 3],
    ['the same moments however the way is cut', 10 * MINUTE_MS, 25 * MINUTE_MS, 2],
  ])('learns at %s', async (_what, everyMs, wayMs, expected) => {
    const config = { learning: { ...defaultConfig.learning, everyMinutes: everyMs / MINUTE_MS }, rules: OPEN_RULES }
    lab = await usecaseLab({ config })
    const learnedAt: number[] = []
    const lead = lab.store.lead.bind(lab.store)
    Object.assign(lab.store, {
      lead: (role: string) => {
        if (role === 'learner') learnedAt.push(lab.clock.now())
        return lead(role)
      },
    })
    await lab.usecases.clock.advance(NOON + 3 * MINUTE_MS)
    await lab.usecases.clock.advance(NOON + wayMs)
    expect(learnedAt).toHaveLength(expected)
    const step = wayMs > DAY_MS ? DAY_MS : everyMs
    expect(learnedAt.filter((at) => at % step !== 0)).toEqual([])
  })
})

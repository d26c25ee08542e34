import { afterEach, describe, expect, it } from 'vitest'
import { NOON } from '../store/testing/examples.ts'
import { healthUsecases } from './health.ts'
import { createHeartbeats } from './heartbeats.ts'
import { reserve, scriptedChannel, type UsecaseLab, usecaseLab } from './testing/usecase-lab.ts'

const MINUTE_MS = 60_000

describe('health', () => {
  let lab: UsecaseLab
  afterEach(() => lab.close())
  const sources = (now: () => number) => ({
    dispatcher: { troubles: () => new Map() },
    learner: { isLeader: () => true },
    heartbeats: createHeartbeats(now),
    wallClock: now,
  })

  it('is ready when the store answers and the disk takes what is written', async () => {
    lab = await usecaseLab({ adapters: [scriptedChannel('email')] })
    const disk = { ok: true, detail: 'writable' }
    const health = healthUsecases(lab.deps, {
      ...sources(() => NOON),
      checkDisk: async () => disk,
      usersInMemory: () => 7,
    })
    expect(await health.ready()).toEqual({
      ready: true,
      checks: {
        store: { ok: true, detail: 'pglite answers' },
        disk,
        clock: { ok: true, detail: 'virtual, 2026-03-10T12:00:00.000Z' },
        learner: { ok: true, detail: 'learns; state 0 of 2026-03-10T12:00:00.000Z' },
        channels: { ok: true, detail: 'email' },
      },
    })
    await reserve(lab.store, 'ada', 'one')
    expect(await health.counts()).toEqual({
      ...{ decisions: 1, sends: { planned: 0, reserved: 1, dispatching: 0 }, stateId: 0 },
      ...{ usersInMemory: 7, isLearner: true, horizons: {}, priceTargets: [], audit: null },
    })
  })

  it('counts all there is at most a hundredth of the time, and what is on its way whenever it is asked', async () => {
    lab = await usecaseLab()
    await reserve(lab.store, 'ada', 'one')
    let now = NOON
    const slowCount = async (): Promise<number> => {
      now += 50
      return lab.store.decisions.count()
    }
    const store = { ...lab.store, decisions: { ...lab.store.decisions, count: slowCount } }
    const health = healthUsecases(
      { ...lab.deps, store },
      sources(() => now),
    )
    expect(await health.counts()).toMatchObject({ decisions: 1, sends: { reserved: 1 } })
    await reserve(lab.store, 'bea', 'two')
    now += 4_949
    expect(await health.counts()).toMatchObject({ decisions: 1, sends: { reserved: 2 } })
    now += 1
    expect(await health.counts()).toMatchObject({ decisions: 2, sends: { reserved: 2 } })
  })

  it('is not ready without its disk', async () => {
    lab = await usecaseLab()
    const checkDisk = async () => ({ ok: false, detail: '/data: EROFS' })
    const { ready, checks } = await healthUsecases(lab.deps, { ...sources(() => NOON), checkDisk }).ready()
    expect(ready).toBe(false)
    expect(checks.channels).toEqual({ ok: false, detail: 'no channel has an adapter: nothing can be sent' })
  })

  it('is not ready when the store does not answer', async () => {
    lab = await usecaseLab()
    const store = { ...lab.store, ping: () => Promise.reject(new Error('connection refused')) }
    const { ready, checks } = await healthUsecases(
      { ...lab.deps, store },
      sources(() => NOON),
    ).ready()
    expect(ready).toBe(false)
    expect(checks.store).toEqual({ ok: false, detail: 'connection refused' })
  })

  it('shows a job that has not gone well for three periods, and what it said, and stays ready', async () => {
    lab = await usecaseLab()
    let now = NOON
    const parts = sources(() => now)
    const health = healthUsecases(lab.deps, parts)
    parts.heartbeats.started('learn', 5 * MINUTE_MS)
    now += 15 * MINUTE_MS
    expect((await health.ready()).checks['job:learn']).toEqual({ ok: true, detail: 'has not finished yet' })
    parts.heartbeats.fine('learn')
    parts.heartbeats.failed('learn', 'no connection')
    now += 15 * MINUTE_MS + 1
    const { ready, checks } = await health.ready()
    expect(ready).toBe(true)
    expect(checks['job:learn']).toEqual({
      ok: false,
      detail: 'finished 2026-03-10T12:15:00.000Z; then failed: no connection',
    })
    expect(checks.learner?.ok).toBe(false)
  })
})

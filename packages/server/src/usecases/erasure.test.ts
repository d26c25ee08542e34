import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DAY_MS, decisionId, sendId, userId } from '@paloma/core'
import { afterEach, describe, expect, it } from 'vitest'
import { parquetLog } from '../log/index.ts'
import { pgliteStore } from '../store/pglite-store.ts'
import { exampleOutcome, NOON } from '../store/testing/examples.ts'
import { eraseUser, resumeErasures } from './erasure.ts'
import { reserve, type UsecaseLab, usecaseLab } from './testing/usecase-lab.ts'
import { withUserStateCache } from './user-state-cache.ts'

const DAY = '2026-03-10'

describe('erasure', () => {
  let lab: UsecaseLab
  afterEach(() => lab.close())

  /** Ada, who was `anonymous` when the day was exported, and Bob. */
  const exported = async () => {
    for (const user of ['anonymous', 'ada', 'bob']) {
      await reserve(lab.store, user, `d-${user}`)
      await lab.store.outcomes.insertMany([exampleOutcome(`m-${user}`, user)])
    }
    lab.clock.set(NOON + DAY_MS)
    expect(await lab.usecases.history.export({})).toEqual([{ day: DAY, decisions: 3, outcomes: 3 }])
    await lab.store.users.addAlias('anonymous', userId('ada'))
  }
  const whoIsLeft = async () => {
    const records = [...(await lab.deps.history.readDecisions(DAY)), ...(await lab.deps.history.readOutcomes(DAY))]
    return [...new Set(records.map((record) => record.userId))]
  }

  it('takes a user out of the store and of the exported history, under every id, and does so again harmlessly', async () => {
    lab = await usecaseLab()
    await exported()
    const { rows } = await lab.usecases.users.erase(userId('ada'))
    expect(rows).toBeGreaterThanOrEqual(4 + 8)
    expect(await whoIsLeft()).toEqual(['bob'])
    expect(await lab.store.decisions.listByUser(userId('ada'), { limit: 9 })).toEqual([])
    expect(await lab.usecases.users.erase(userId('ada'))).toEqual({ rows: 0 })
    expect(await lab.store.registry.listSettings('erasing:')).toEqual([])
  })

  it('is ended at the next start when the process died between store and history', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'paloma-erase-'))
    const log = parquetLog({ dir })
    let isDying = true
    const history = {
      ...log,
      erase: (id: string) => (isDying ? Promise.reject(new Error('killed here')) : log.erase(id)),
    }
    lab = await usecaseLab({ dir, history })
    await exported()
    await expect(lab.usecases.users.erase(userId('ada'))).rejects.toThrow('killed here')
    expect((await whoIsLeft()).toSorted()).toEqual(['ada', 'anonymous', 'bob'])
    isDying = false
    expect(await resumeErasures(lab.deps)).toBe(1)
    expect(await whoIsLeft()).toEqual(['bob'])
    expect(await resumeErasures(lab.deps)).toBe(0)
    rmSync(dir, { recursive: true, force: true })
  })

  it('leaves the history to the server that exports, which comes to it within a minute', async () => {
    lab = await usecaseLab()
    await exported()
    let leads = false
    Object.assign(lab.store, { lead: async () => leads })
    expect((await lab.usecases.users.erase(userId('ada'))).rows).toBeGreaterThanOrEqual(8)
    expect(await lab.due.erase()).toBe(0)
    expect((await whoIsLeft()).toSorted()).toEqual(['ada', 'anonymous', 'bob'])
    leads = true
    expect(await lab.due.erase()).toBe(1)
    expect(await whoIsLeft()).toEqual(['bob'])
    expect(await lab.due.erase()).toBe(0)
  })

  it('leaves no decision that was made while it went on, and answers none', async () => {
    lab = await usecaseLab()
    await reserve(lab.store, 'ada', 'd-ada')
    const { insertMany } = lab.store.decisions
    let erased: Promise<unknown> | undefined
    Object.assign(lab.store.decisions, {
      insertMany: async (items: Parameters<typeof insertMany>[0]) => {
        erased ??= lab.usecases.users.erase(userId('ada'))
        await erased
        return insertMany(items)
      },
    })
    const command = { decisionId: decisionId('late'), userId: userId('ada'), context: {}, deliver: false }
    expect(await lab.usecases.decisions.decide([command])).toMatchObject([
      { ok: false, error: { code: 'USER_NOT_FOUND' } },
    ])
    expect(await lab.store.decisions.get(command.decisionId)).toBeUndefined()
  })

  it('waits for a message that is let go at the last moment', async () => {
    lab = await usecaseLab()
    await reserve(lab.store, 'ada', 'd-ada')
    const { erase } = lab.store.users
    const sends = lab.store.sends
    const looks: string[] = []
    const pause = async () => {
      looks.push('in flight')
      await sends.finish([{ sendId: sendId('send-d-ada'), result: { kind: 'unknown', error: '' } }], NOON)
    }
    Object.assign(lab.store.users, {
      erase: async (...args: Parameters<typeof erase>) => {
        await sends.claim({ now: NOON, limit: 1 }, () => ({ kind: 'go' }))
        return erase(...args)
      },
    })
    expect((await eraseUser({ ...lab.deps, pause }, userId('ada'))).rows).toBeGreaterThan(3)
    expect(looks).toEqual(['in flight'])
  })

  it('is done when no server remembers the person any more, and what one wrote from memory is gone too', async () => {
    const raw = await pgliteStore({ dataDir: null })
    let wall = 0
    const serverOf = () =>
      withUserStateCache(
        { ...raw, traits: { name: 'postgres', isShared: true } },
        { maxUsers: 10, wallClock: () => wall },
      ).store
    lab = await usecaseLab({ store: serverOf() })
    const other = await usecaseLab({ store: serverOf() })
    const ada = userId('ada')
    await reserve(raw, 'ada', 'd-ada')
    expect(await other.usecases.users.get(ada)).toMatchObject({ profile: { userId: 'ada' } })
    const paused: number[] = []
    const pause = async (ms: number) => {
      // The other server still knows her, and what reaches it makes no new person of her.
      const opened = {
        ...{ messageId: 'm-ada', type: 'track', event: 'App Visited', userId: 'ada' },
        ...{ traits: {}, context: {} },
      }
      await other.usecases.events.ingest([{ ...opened, properties: {} } as never])
      wall += ms
      paused.push(ms)
    }
    await eraseUser({ ...lab.deps, pause }, ada)
    expect(paused).toEqual([1_000])
    expect(await other.usecases.users.get(ada)).toBeUndefined()
    expect(await raw.outcomes.listByUser(ada, { limit: 9 })).toEqual([])
    await raw.close()
    await other.close()
  })

  it('forgets the person also when asked under an id of old', async () => {
    lab = await usecaseLab()
    await exported()
    await lab.usecases.users.erase(userId('anonymous'))
    expect(await whoIsLeft()).toEqual(['bob'])
    expect((await lab.store.users.loadStates([userId('ada')], NOON)).size).toBe(0)
  })
})

describe('the nightly export', () => {
  let lab: UsecaseLab
  afterEach(() => lab.close())

  it('writes closed days once, the last ones again the day after, and whatever day got events since', async () => {
    lab = await usecaseLab()
    const counts = async () => (await lab.deps.history.readOutcomes(DAY)).length
    const arrive = (id: string) => lab.store.outcomes.insertMany([exampleOutcome(id, 'ada')])
    await arrive('in-time')
    expect(await lab.due.exportHistory()).toBe(0)
    lab.clock.set(NOON + DAY_MS)
    expect(await lab.due.exportHistory()).toBe(1)
    expect(await counts()).toBe(1)
    await arrive('late')
    expect(await lab.due.exportHistory()).toBe(0)
    lab.clock.set(NOON + 2 * DAY_MS)
    expect(await lab.due.exportHistory()).toBe(1)
    expect(await counts()).toBe(2)
    lab.clock.set(NOON + 10 * DAY_MS)
    expect(await lab.due.exportHistory()).toBe(0)
    await arrive('much-too-late')
    expect(await lab.due.exportHistory()).toBe(0)
    lab.clock.set(NOON + 11 * DAY_MS)
    expect(await lab.due.exportHistory()).toBe(1)
    expect(await counts()).toBe(3)
  })
})

import { DAY_MS, headToBytes, userId } from '@paloma/core'
import { afterAll, describe, expect, it } from 'vitest'
import { postgresStore } from '../store/postgres-store.ts'
import { exampleDecision, exampleNew, exampleProfile, NOON } from '../store/testing/examples.ts'
import { ownDatabase } from '../testing/own-database.ts'
import { type UsecaseLab, usecaseLab } from './testing/usecase-lab.ts'

const database = await ownDatabase('two_learners')
afterAll(() => database?.drop())

describe.skipIf(database === undefined)('two learners on one PostgreSQL', () => {
  const open = async (): Promise<UsecaseLab> =>
    usecaseLab({ store: await postgresStore({ url: database!.url, connections: 2 }) })
  const live = async (lab: UsecaseLab, id: string, at: number) => {
    const width = lab.deps.snapshots.prior().heads.conversion!.dimension
    const learning = { baseline: [1], centred: Array.from({ length: width - 1 }, (_, i) => 1 / (i + 2)), sent: null }
    await lab.store.users.change([{ userId: userId(id), update: () => exampleProfile(id) }])
    await lab.store.decisions.insertMany([exampleNew(exampleDecision(id, id, { at, chosen: 0, learning }))])
  }
  const bytesOf = ({ deps }: UsecaseLab): string => {
    const { id, heads } = deps.snapshots.current().state
    return `${id} ${Buffer.from(headToBytes(heads.conversion!)).toString('base64')}`
  }

  it('take turns only when the first one is gone: until then the second adopts what the first has learned', async () => {
    const [first, second] = [await open(), await open()]
    await live(first, 'ada', NOON)
    for (const { clock } of [first, second]) clock.set(NOON + 8 * DAY_MS)
    expect(await first.due.learn()).toBe(1)
    expect(await second.due.learn()).toBe(1)
    expect(await isLearner(first)).toBe(true)
    expect(await isLearner(second)).toBe(false)
    expect(bytesOf(second)).toBe(bytesOf(first))
    await live(second, 'bob', NOON + 5.5 * DAY_MS)
    for (const { clock } of [first, second]) clock.set(NOON + 9 * DAY_MS)
    expect(await second.due.learn()).toBe(1)
    await first.store.close()
    await expect.poll(() => second.due.learn(), { timeout: 20_000 }).toBe(2)
    expect(await isLearner(second)).toBe(true)
    const { state } = second.deps.snapshots.current()
    expect(state.heads.conversion?.n).toBe(2)
    for (const lab of [first, second]) await lab.close()
    await second.store.close()
  })
})

async function isLearner({ usecases }: UsecaseLab): Promise<boolean> {
  return (await usecases.health.counts()).isLearner
}

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { DAY_MS, type DecisionId, decisionId, opportunityId, userId } from '@paloma/core'
import { afterAll, expect, it } from 'vitest'
import { parquetLog } from '../log/index.ts'
import type { Store } from '../store/contract.ts'
import { pgliteStore } from '../store/pglite-store.ts'
import { NOON } from '../store/testing/examples.ts'
import { dayOf, keptSince } from './kept-since.ts'
import { AGES, idsOf, PER_DAY, writePast } from './testing/killed-retention.ts'

const root = mkdtempSync(join(tmpdir(), 'paloma-keep-kill-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const CHILD = fileURLToPath(new URL('./testing/retain-child.ts', import.meta.url))
const DATA = join(root, 'data')
const HISTORY = join(root, 'history')
const OLD = AGES.filter((age) => age > 30)
const YOUNG = AGES.filter((age) => age <= 30)

/** Starts the child that deletes and kills it after so many steps, or never; answers whether it came through. */
async function retainUntilKilled(steps: number | null): Promise<boolean> {
  const args = ['-C', 'paloma-source', '--import', 'tsx', CHILD, DATA, HISTORY]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.on('exit', resolve))
  let isThrough = false
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'through') isThrough = true
    if (steps !== null && line === String(steps)) child.kill('SIGKILL')
  }
  await ended
  return isThrough
}

/** Whatever is left is whole: a decision has its send, its item and what it weighed, and no send is without its decision. */
async function expectWhole(store: Store): Promise<number> {
  const ids = AGES.flatMap((age) => idsOf(age)).map((id) => decisionId(id))
  const decisions = await store.decisions.getMany(ids)
  const sends = await store.sends.byDecision(ids)
  expect([...sends.keys()].sort()).toEqual([...decisions.keys()].sort())
  const { items } = await store.inbox.list(userId('kept'), { limit: 10_000 })
  expect(items.map((item): string => item.decisionId).sort()).toEqual([...decisions.keys()].sort())
  const weighed = await store.opportunities.get([...decisions.keys()].map((id) => opportunityId(`o-${id}`)))
  expect(weighed.size).toBe(decisions.size)
  return decisions.size
}

/** Nothing is gone from the store that is not in the files. */
async function expectExported(gone: readonly number[]): Promise<void> {
  const history = parquetLog({ dir: HISTORY })
  for (const age of gone) {
    const day = dayOf(NOON - age * DAY_MS)
    const exported = (await history.readDecisions(day)).map((each): DecisionId => each.decisionId)
    expect([...exported].sort()).toEqual([...idsOf(age)].sort())
    expect(await history.readOutcomes(day)).toHaveLength(PER_DAY)
  }
}

it('leaves nothing half deleted where its process is killed in its midst, and goes on from there', async () => {
  const first = await pgliteStore({ dataDir: DATA })
  await writePast(first)
  expect(await expectWhole(first)).toBe(AGES.length * PER_DAY)
  await first.close()
  let before = AGES.length * PER_DAY
  const cut = Math.floor(NOON / DAY_MS) * DAY_MS - 30 * DAY_MS
  // In the midst of exporting, a step a day; in the midst of deleting right after that; and once more where it went on.
  for (const { steps, since, isExported } of [
    { steps: 2, since: 0, isExported: false },
    { steps: OLD.length + 2, since: cut, isExported: true },
    { steps: 5, since: cut, isExported: true },
  ]) {
    expect(await retainUntilKilled(steps)).toBe(false)
    const store = await pgliteStore({ dataDir: DATA })
    const left = await expectWhole(store)
    expect(left).toBeLessThanOrEqual(before)
    expect(left).toBeGreaterThan(YOUNG.length * PER_DAY - 1)
    if (!isExported) expect(left).toBe(before)
    before = left
    // What reads days looks away from those that a deletion has begun with.
    expect(await keptSince(store.registry)).toBe(since)
    await store.close()
    if (isExported) await expectExported(OLD)
  }
  expect(before).toBeLessThan(AGES.length * PER_DAY)
  expect(await retainUntilKilled(null)).toBe(true)
  const store = await pgliteStore({ dataDir: DATA })
  expect(await expectWhole(store)).toBe(YOUNG.length * PER_DAY)
  const outcomes = await store.outcomes.listByUser(userId('kept'), { limit: 10_000 })
  expect(outcomes).toHaveLength(YOUNG.length * PER_DAY)
  const proposals = await store.opportunities.get(
    OLD.flatMap((age) => idsOf(age)).map((id) => opportunityId(`o-${id}`)),
  )
  expect(proposals.size).toBe(0)
  await store.close()
})

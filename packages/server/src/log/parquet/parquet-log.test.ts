import { watch } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { knownAt } from '@paloma/core/domain'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { afterAll, describe, expect, it } from 'vitest'
import { inBatches, sampleDecision, sampleOutcome, testLog } from '../testing/test-log.ts'
import { sha256Of } from './manifest.ts'
import { parquetLog } from './parquet-log.ts'

const made: string[] = []
async function newDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'paloma-log-'))
  made.push(dir)
  return dir
}
afterAll(async () => {
  for (const dir of made) await rm(dir, { recursive: true, force: true })
})

testLog(async () => parquetLog({ dir: await newDir() }))

const DAY = '2026-01-31'

async function rowsOf(dir: string, what: string): Promise<readonly Record<string, unknown>[]> {
  const file = await asyncBufferFromFile(join(dir, what, `dt=${DAY}`, 'part-0.parquet'))
  return await parquetReadObjects({ file })
}

describe('the Parquet files', () => {
  it('have a column for what analysts ask, and value_<objective> of the choice', async () => {
    const dir = await newDir()
    await parquetLog({ dir }).writeDay(DAY, {
      decisions: inBatches([sampleDecision(0), sampleDecision(1)], 1),
      outcomes: inBatches([sampleOutcome(0)], 1),
    })
    const [held, sent] = await rowsOf(dir, 'decisions')
    expect(held).toMatchObject({ kind: 'hold', channel: null, sendAt: null, value_engagement: 0, group: 'paloma' })
    const expected = sampleDecision(1)
    expect(sent).toMatchObject({
      decisionId: 'd-1',
      timestamp: new Date(expected.at),
      userId: 'u-1',
      kind: 'send',
      opportunityId: 'o-1',
      channel: 'email',
      sendAt: new Date(Date.UTC(2026, 0, 31, 0, 1, 1)),
      propensity: 2 / 3,
      value_engagement: expected.values.engagement?.mean[1],
      nActions: 2,
    })
    expect(JSON.parse(String(sent?.record))).toStrictEqual(expected)
    expect(await rowsOf(dir, 'outcomes')).toMatchObject([{ messageId: 'm-0', value_engagement: 1, isVisit: true }])
  })

  it('widen when an objective occurs only in a later row group, and leave it null before', async () => {
    const dir = await newDir()
    const late = { values: { retention: { mean: [0, 2], variance: [0, 1] } } }
    const decisions = Array.from({ length: 10_050 }, (_, i) => sampleDecision(i, i < 10_020 ? {} : late))
    const log = parquetLog({ dir })
    await log.writeDay(DAY, { decisions: inBatches(decisions, 4_000), outcomes: inBatches([], 1) })
    const rows = await rowsOf(dir, 'decisions')
    expect(rows).toHaveLength(10_050)
    expect(rows[5]).toMatchObject({ value_retention: null })
    expect(rows[10_021]).toMatchObject({ value_retention: 2, value_engagement: null })
    expect(await log.readDecisions(DAY)).toStrictEqual(decisions)
  })

  it('are written in turns, so that nobody waits for a whole day', async () => {
    let turns = 0
    let last: NodeJS.Immediate | undefined
    const count = (): void => {
      turns += 1
      last = setImmediate(count)
    }
    let [untouched, most, seen] = [0, 0, 0]
    async function* pages(): AsyncGenerator<ReturnType<typeof sampleDecision>[]> {
      for (let i = 0; i < 4_000; i += 100) {
        untouched = turns === seen ? untouched + 100 : 100
        seen = turns
        most = Math.max(most, untouched)
        yield Array.from({ length: 100 }, (_, k) => sampleDecision(i + k))
      }
    }
    count()
    await parquetLog({ dir: await newDir() }).writeDay(DAY, { decisions: pages(), outcomes: inBatches([], 1) })
    clearImmediate(last)
    expect(most).toBeLessThanOrEqual(1_000)
  })

  it('are written anew once for all who are to be erased meanwhile', async () => {
    const dir = await newDir()
    const log = parquetLog({ dir })
    const decisions = Array.from({ length: 20 }, (_, i) => sampleDecision(i))
    await log.writeDay(DAY, { decisions: inBatches(decisions, 7), outcomes: inBatches([], 1) })
    const written = new Set<string>()
    const watcher = watch(dir, (_, name) => {
      if (name?.startsWith('.writing-')) written.add(name)
    })
    const gone = ['u-1', 'u-2', 'u-3', 'u-4', 'u-1']
    const erased = await Promise.all(gone.map((id) => log.erase(id)))
    await new Promise(setImmediate)
    watcher.close()
    const rows = gone.map((id, i) =>
      gone.indexOf(id) < i ? 0 : decisions.filter(({ userId }) => userId === id).length,
    )
    expect(erased.map((each) => each.rows)).toEqual(rows)
    expect((await log.readDecisions(DAY)).map(({ userId }) => userId)).not.toContain('u-2')
    expect(written.size).toBe(1)
  })

  it('hold a row for every experiment that a decision met, and none for those it could not matter to', async () => {
    const dir = await newDir()
    const met = { experiment: 'tone', variant: 'warm', phase: 1, exposed: true }
    const groups = { experiment: 'groups', variant: 'paloma' }
    await parquetLog({ dir }).writeDay(DAY, {
      decisions: inBatches(
        [
          sampleDecision(1, { assignments: [groups, met, { ...met, experiment: 'price', slot: 7, cluster: 'Ulm' }] }),
          sampleDecision(2, { assignments: [groups, { ...met, exposed: false }] }),
        ],
        1,
      ),
      outcomes: inBatches([], 1),
    })
    const at = new Date('2026-01-31T00:00:01.000Z')
    const { tenureDays } = knownAt(sampleDecision(1).inputs.user.profile, at.getTime())
    const row = {
      ...{ userId: 'u-1', variant: 'warm', phase: 1, timestamp: at, decisionId: 'd-1' },
      ...{ tenureDays, reachable: 'in-app' },
    }
    expect(await rowsOf(dir, 'exposures')).toEqual([
      { ...row, experiment: 'tone', slot: null, cluster: null },
      { ...row, experiment: 'price', slot: 7, cluster: 'Ulm' },
    ])
  })

  it('of a day that was written before there were exposures are not among the parts, and are once it is written again', async () => {
    const dir = await newDir()
    const log = parquetLog({ dir })
    const write = () => log.writeDay(DAY, { decisions: inBatches([sampleDecision(1)], 1), outcomes: inBatches([], 1) })
    await write()
    const path = join(dir, '_manifest.json')
    const manifest = JSON.parse(await readFile(path, 'utf8'))
    delete manifest.days[DAY].exposures
    await writeFile(path, JSON.stringify(manifest))
    expect(await log.parts()).toEqual([])
    expect(await log.readDecisions(DAY)).toHaveLength(1)
    await write()
    expect((await log.parts()).map(({ day }) => day)).toEqual([DAY])
  })

  it('are described by the manifest: rows, time span and checksum', async () => {
    const dir = await newDir()
    await parquetLog({ dir }).writeDay(DAY, {
      decisions: inBatches([sampleDecision(3), sampleDecision(1)], 1),
      outcomes: inBatches([], 1),
    })
    const manifest = JSON.parse(await readFile(join(dir, '_manifest.json'), 'utf8'))
    const entry = manifest.days[DAY]
    expect(manifest.schemaVersion).toBe(1)
    expect(entry.outcomes).toMatchObject({ rows: 0, minTime: null, maxTime: null })
    expect(entry.decisions).toEqual({
      path: `decisions/dt=${DAY}/part-0.parquet`,
      rows: 2,
      minTime: '2026-01-31T00:00:01.000Z',
      maxTime: '2026-01-31T00:00:03.000Z',
      sha256: await sha256Of(join(dir, entry.decisions.path)),
    })
  })

  it('come out byte for byte the same when a day is written again', async () => {
    const dir = await newDir()
    const log = parquetLog({ dir })
    const manifests: string[] = []
    for (const _ of [1, 2]) {
      await log.writeDay(DAY, {
        decisions: inBatches([sampleDecision(0), sampleDecision(1)], 2),
        outcomes: inBatches([sampleOutcome(1)], 2),
      })
      manifests.push(await readFile(join(dir, '_manifest.json'), 'utf8'))
    }
    expect(manifests[1]).toBe(manifests[0])
  })

  it('leave no temporary file behind, and refuse numbers that JSON cannot hold', async () => {
    const dir = await newDir()
    const broken = parquetLog({ dir }).writeDay(DAY, {
      decisions: inBatches([sampleDecision(0, { draw: Number.NaN })], 1),
      outcomes: inBatches([], 1),
    })
    await expect(broken).rejects.toMatchObject({ code: 'LOG_NOT_FINITE', message: expect.stringContaining('draw') })
    expect(await readdir(dir)).toEqual([])
  })

  it('are refused with a manifest that is damaged or of another version', async () => {
    const dir = await newDir()
    const log = parquetLog({ dir })
    await writeFile(join(dir, '_manifest.json'), '{"schemaVersion":')
    await expect(log.days()).rejects.toMatchObject({ code: 'LOG_CORRUPT' })
    await writeFile(join(dir, '_manifest.json'), '{"schemaVersion":99,"days":{}}')
    await expect(log.days()).rejects.toMatchObject({ code: 'LOG_VERSION' })
  })
})

describe('days that go', () => {
  it('leave no file behind, nor do those that an earlier deletion had only taken out of the manifest', async () => {
    const dir = await newDir()
    const log = parquetLog({ dir })
    for (const day of ['2026-01-30', DAY, '2026-02-01']) {
      await log.writeDay(day, { decisions: inBatches([sampleDecision(0)], 1), outcomes: inBatches([], 1) })
    }
    // As if the process had died between the manifest and the files.
    const manifest = JSON.parse(await readFile(join(dir, '_manifest.json'), 'utf8'))
    delete manifest.days['2026-01-30']
    await writeFile(join(dir, '_manifest.json'), JSON.stringify(manifest))
    expect(await log.drop('2026-02-01')).toEqual([DAY])
    for (const what of ['decisions', 'outcomes', 'exposures']) {
      expect(await readdir(join(dir, what))).toEqual(['dt=2026-02-01'])
    }
  })
})

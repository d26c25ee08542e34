import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DAY_MS, decisionId, type ExperimentReadOut, HOUR_MS, opportunityId, randomFrom, userId } from '@paloma/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { experimentDesignSchema } from '../config/experiment-design-schema.ts'
import { openAnalytics } from '../readout/index.ts'
import {
  exampleDecision,
  exampleNew,
  exampleOpportunity,
  exampleOutcome,
  exampleProfile,
  NOON,
} from '../store/testing/examples.ts'
import { type UsecaseLab, usecaseLab } from './testing/usecase-lab.ts'

const REVENUE = {
  name: 'revenue',
  metricType: 'mean',
  numerator: { column: 'event:Order Completed.revenue' },
  windowSettings: { type: 'conversion', windowValue: 2, windowUnit: 'days' },
} as const

const design = experimentDesignSchema.parse({
  key: 'tone',
  variants: [
    { name: 'control' },
    { name: 'warm', change: { messages: { 'price-drop': { kind: 'wordings', names: ['default'] } } } },
  ],
  horizon: { kind: 'users', maxUsers: 400 },
  metrics: [{ name: 'revenue', role: 'success' }],
})

const DAYS = 4
const PER_DAY = 30

const tenureOf = (i: number): number => (37 * i) % 400

/** Users met on four days, one of them again in the other variant, who buy before, inside and after the window. */
async function live(lab: UsecaseLab): Promise<void> {
  const random = randomFrom('history')
  for (let day = 0; day < DAYS; day += 1) {
    const at = NOON + day * DAY_MS
    lab.clock.set(at)
    const names = Array.from({ length: PER_DAY }, (_, i) => `h-${day}-${i}`)
    const people = names.map((id, i) => {
      const sms: { sms?: string } = i % 3 === 0 ? { sms: '+49' } : {}
      const addresses = { email: `${id}@example.org`, ...sms }
      return exampleProfile(id, { createdAt: at - tenureOf(i) * DAY_MS, addresses })
    })
    await lab.store.users.change(people.map((profile) => ({ userId: profile.userId, update: () => profile })))
    await lab.store.opportunities.insertMany(
      names.map((id) =>
        exampleOpportunity(`o-${id}`, id, {
          id: opportunityId(`o-${id}`),
          window: { notBefore: at, expires: at + DAY_MS },
        }),
      ),
      at,
    )
    await lab.usecases.decisions.decide(
      names.map((id) => ({ decisionId: decisionId(`d-${id}`), userId: userId(id), context: {}, deliver: false })),
    )
    await lab.store.outcomes.insertMany(
      names.flatMap((user, i) =>
        [-30, 5, 40, 60].map((hours) =>
          exampleOutcome(`${user}/${hours}`, user, {
            ...{ name: 'Order Completed', at: at + hours * HOUR_MS },
            properties: { revenue: 10 * random() + tenureOf(i) / 40 + (i % 3 === 0 ? 8 : 0) },
          }),
        ),
      ),
    )
  }
  const crossed = [{ experiment: 'tone', variant: 'warm', phase: 0, exposed: true }]
  const again = ['control', 'warm'].map((variant, i) =>
    exampleNew(
      exampleDecision(`x-${i}`, 'h-1-1', {
        at: NOON + 2 * DAY_MS + i,
        assignments: [{ ...crossed[0]!, variant }],
        chosen: 0,
      }),
    ),
  )
  await lab.store.decisions.insertMany(again)
}

/** Makes the file of a day's exposures what an earlier version would have written. */
async function forgetKnown(lab: UsecaseLab, day: string): Promise<void> {
  const part = (await lab.deps.history.parts()).find((each) => each.day === day)!
  const analytics = await openAnalytics({ memoryMb: 256, threads: 1 })
  try {
    await analytics.run(
      `CREATE TABLE old AS SELECT * EXCLUDE (tenureDays, reachable) FROM read_parquet('${part.exposures}')`,
    )
    await analytics.run(`COPY old TO '${part.exposures}' (FORMAT parquet)`)
  } finally {
    await analytics.close()
  }
}

const LATER = NOON + 20 * DAY_MS

/** Sums over many rows may differ in the last bits. */
function rounded(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, x) => (typeof x === 'number' ? Number(x.toPrecision(9)) : x))
}

describe('results with exported days out of their files', () => {
  let lab: UsecaseLab
  const from = async (source: 'live' | 'history'): Promise<ExperimentReadOut> =>
    (await lab.usecases.experiments.results('tone', source))!.readOut

  beforeEach(async () => {
    lab = await usecaseLab({ config: { metrics: [REVENUE] } })
    await lab.usecases.experiments.create(design, 'ann')
    await lab.usecases.experiments.start('tone', 'ann')
    await live(lab)
  })
  afterEach(() => lab.close())

  it('are those out of the store: nothing exported, some days, all of them', async () => {
    expect(rounded(await from('history'))).toEqual(rounded(await from('live')))
    // The day that is not over stays with the store.
    await lab.usecases.history.export({})
    expect((await lab.deps.history.parts()).map(({ day }) => day)).toEqual([
      '2026-03-09',
      '2026-03-10',
      '2026-03-11',
      '2026-03-12',
    ])
    lab.clock.set(LATER)
    const stored = rounded(await from('live'))
    expect(rounded(await from('history'))).toEqual(stored)
    await lab.usecases.history.export({})
    expect(await lab.deps.history.parts()).toHaveLength(8)
    expect(rounded(await from('history'))).toEqual(stored)
    expect((await from('history')).variants.reduce((sum, { users }) => sum + users, 0)).toBe(DAYS * PER_DAY - 1)
  })

  it('are adjusted for tenure and reach at exposure, of the users of whom they were noted', async () => {
    lab.clock.set(LATER)
    const adjustment = async (source: 'live' | 'history') => (await from(source)).comparisons[0]!.metrics[0]!.adjustment
    const whole = await adjustment('live')
    const { covariates, varianceReduction, words } = whole
    expect(covariates).toEqual(['revenue before', 'tenure in days at exposure', 'reachable channels at exposure'])
    expect(varianceReduction).toBeGreaterThan(0.5)
    expect(words).toMatch(/variance \d\d\.\d % lower, adjusted for revenue before, tenure in days at exposure, reach/)
    await lab.usecases.history.export({})
    expect(rounded(await adjustment('history'))).toEqual(rounded(whole))
    await forgetKnown(lab, '2026-03-10')
    const part = await adjustment('history')
    expect(part.covariates).toContain('tenure in days at exposure missing')
    expect(part.dropped).toEqual([
      {
        covariate: 'reachable channels at exposure missing',
        reason: 'collinear',
        words: 'says nothing that the others do not',
      },
    ])
    for (const { day } of await lab.deps.history.parts()) if (day !== '2026-03-10') await forgetKnown(lab, day)
    expect(await adjustment('history')).toMatchObject({ covariates: ['revenue before'], dropped: [] })
  })

  const order = (id: string, receivedAt: number) =>
    exampleOutcome(id, 'h-0-0', {
      ...{ name: 'Order Completed', at: NOON + 6 * HOUR_MS, receivedAt },
      properties: { revenue: 1e6 },
    })

  it('come out of the files, and out of the store only what came after them', async () => {
    lab.clock.set(LATER)
    await lab.usecases.history.export({})
    const before = rounded(await from('history'))
    // Said to have come before the export, it would lie in the files.
    await lab.store.outcomes.insertMany([order('early', NOON)])
    expect(rounded(await from('history'))).toEqual(before)
    await lab.store.outcomes.insertMany([order('late', LATER + HOUR_MS)])
    lab.clock.set(LATER + 2 * HOUR_MS)
    expect(rounded(await from('history'))).not.toEqual(before)
  })

  it('are complete where an event came late, before and after the day is exported again by itself', async () => {
    lab.clock.set(LATER)
    await lab.usecases.history.export({})
    await lab.store.outcomes.insertMany([order('late', LATER + HOUR_MS)])
    lab.clock.set(LATER + 2 * HOUR_MS)
    const live = rounded(await from('live'))
    expect(rounded(await from('history'))).toEqual(live)
    expect(await lab.deps.history.readOutcomes('2026-03-10')).toHaveLength(2 * PER_DAY)
    lab.clock.set(LATER + DAY_MS)
    await lab.due.exportHistory()
    expect(await lab.deps.history.readOutcomes('2026-03-10')).toHaveLength(2 * PER_DAY + 1)
    const [, day] = await lab.deps.history.parts()
    expect(day).toMatchObject({ outcomeRows: 2 * PER_DAY + 1, exportedAt: LATER + DAY_MS })
    const after = await from('history')
    expect(rounded(after.comparisons)).toEqual(rounded((await from('live')).comparisons))
    // Met in the file and, within the margin of the export, in the store: still one event.
    await lab.store.outcomes.insertMany([order('just-before', LATER + DAY_MS - 1)])
    await lab.usecases.history.export({})
    const both = await from('history')
    expect(rounded(both.comparisons)).toEqual(rounded((await from('live')).comparisons))
  })

  it('read a day again out of the store where its file does not say when it was written', async () => {
    lab.clock.set(LATER)
    await lab.usecases.history.export({})
    const path = join(lab.dir, '_manifest.json')
    const manifest = JSON.parse(await readFile(path, 'utf8'))
    for (const entry of Object.values<{ exportedAt?: string }>(manifest.days)) delete entry.exportedAt
    await writeFile(path, JSON.stringify(manifest))
    await lab.store.outcomes.insertMany([order('early', NOON)])
    expect(rounded((await from('history')).comparisons)).toEqual(rounded((await from('live')).comparisons))
  })

  it('are the same out of files that an earlier version wrote, without clusters', async () => {
    lab.clock.set(LATER)
    await lab.usecases.history.export({})
    const before = await from('history')
    const analytics = await openAnalytics({ memoryMb: 256, threads: 1 })
    for (const { exposures } of await lab.deps.history.parts()) {
      await analytics.run(`CREATE OR REPLACE TABLE old AS SELECT * EXCLUDE (cluster) FROM read_parquet('${exposures}')`)
      await analytics.run(`COPY old TO '${exposures}' (FORMAT parquet)`)
    }
    await analytics.close()
    expect(rounded(await from('history'))).toEqual(rounded(before))
  })

  it('do not know who was forgotten, in either', async () => {
    lab.clock.set(LATER)
    await lab.usecases.history.export({})
    const before = (await from('history')).variants.reduce((sum, { users }) => sum + users, 0)
    await lab.usecases.users.erase(userId('h-0-0'))
    const after = await from('history')
    expect(after.variants.reduce((sum, { users }) => sum + users, 0)).toBe(before - 1)
    expect(rounded(after)).toEqual(rounded(await from('live')))
  })
})

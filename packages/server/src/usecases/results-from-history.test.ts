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

/** Users met on four days, one of them again in the other variant, who buy before, inside and after the window. */
async function live(lab: UsecaseLab): Promise<void> {
  const random = randomFrom('history')
  for (let day = 0; day < DAYS; day += 1) {
    const at = NOON + day * DAY_MS
    lab.clock.set(at)
    const names = Array.from({ length: PER_DAY }, (_, i) => `h-${day}-${i}`)
    await lab.store.users.change(names.map((id) => ({ userId: userId(id), update: () => exampleProfile(id) })))
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
      names.flatMap((user) =>
        [-30, 5, 40, 60].map((hours) =>
          exampleOutcome(`${user}/${hours}`, user, {
            ...{ name: 'Order Completed', at: at + hours * HOUR_MS },
            properties: { revenue: 10 * random() },
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
  }, 120_000)
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
  }, 120_000)

  it('come out of the files, and not out of the store, where both have a day', async () => {
    lab.clock.set(LATER)
    await lab.usecases.history.export({})
    const before = await from('history')
    await lab.store.outcomes.insertMany([
      exampleOutcome('late', 'h-0-0', {
        ...{ name: 'Order Completed', at: NOON + 6 * HOUR_MS },
        properties: { revenue: 1e6 },
      }),
    ])
    expect(rounded(await from('history'))).toEqual(rounded(before))
    expect(rounded(await from('live'))).not.toEqual(rounded(before))
  }, 120_000)

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
  }, 120_000)

  it('do not know who was forgotten, in either', async () => {
    lab.clock.set(LATER)
    await lab.usecases.history.export({})
    const before = (await from('history')).variants.reduce((sum, { users }) => sum + users, 0)
    await lab.usecases.users.erase(userId('h-0-0'))
    const after = await from('history')
    expect(after.variants.reduce((sum, { users }) => sum + users, 0)).toBe(before - 1)
    expect(rounded(after)).toEqual(rounded(await from('live')))
  }, 120_000)
})

import { type ExperimentSummary, type HeterogeneitySpec, type ReadOutSpec, randomFrom, readOut } from '@paloma/core'
import { describe, expect, it } from 'vitest'
import { readOutApart } from './read-out-apart.ts'

const USERS = 1200

const heterogeneity: HeterogeneitySpec = {
  features: [],
  withPast: true,
  metrics: ['spend'],
  splits: 3,
  mostUsers: USERS,
}
const spec: ReadOutSpec = {
  ...{ experiment: 'apart', control: 'control', phases: [], start: null, end: null },
  variants: [
    { name: 'control', weight: 0.5 },
    { name: 'new', weight: 0.5 },
  ],
  ...{ alpha: 0.05, beta: 0.2, alphaDeterioration: 0.01, skewness: 'ignored', utility: null, segments: [] },
  sequential: { kind: 'fixed' },
  metrics: [{ name: 'spend', metricType: 'mean', numerator: { column: 'spend' }, role: 'success', targetMDE: 0.1 }],
  heterogeneity,
}

function summaryOf(): ExperimentSummary {
  const random = randomFrom('apart')
  const before = Float64Array.from({ length: USERS }, random)
  const variants = Uint8Array.from({ length: USERS }, () => (random() < 0.5 ? 0 : 1))
  const values = before.map((x, i) => random() + (variants[i] === 1 ? x : 0))
  const names = ['control', 'new']
  const cells = names.map((variant, v) => {
    const own = [...values].filter((_, i) => variants[i] === v)
    const mean = own.reduce((sum, x) => sum + x, 0) / own.length
    const cross = Float64Array.of(own.reduce((sum, x) => sum + (x - mean) ** 2, 0))
    return {
      variant,
      phase: null,
      stratum: null,
      day: null,
      moments: { n: own.length, mean: Float64Array.of(mean), cross },
    }
  })
  const leftOut = names.map((variant) => ({ variant, incomplete: 0, missing: 0, notFinite: 0 }))
  const columns = { names: ['spend'], numerator: 0, denominator: null, before: [], covariates: [] }
  return {
    ...{ asOf: null, assigned: null, joint: null },
    exposed: cells.map(({ variant, moments: { n } }) => ({ variant, phase: null, day: null, users: n })),
    metrics: [{ metric: 'spend', isComplete: true, columns, cells, segments: [], leftOut, capping: null }],
    faults: {
      ...{ rows: USERS, users: USERS, repeatedRows: 0, rowsWithoutUser: 0, rowsWithoutVariant: 0 },
      ...{ usersInManyVariants: 0, exposedBeforeAssigned: 0, outsideExperiment: 0 },
      ...{ metricRows: USERS, metricRowsOfOthers: 0, repeatedMetricRows: 0, metricRowsFromFuture: 0 },
    },
    single: {
      ...{ of: USERS, keys: Array.from(values, (_, i) => `u${i}`), variants, phases: null, late: [], segments: [] },
      features: [{ name: 'spend before', kind: 'number', values: before }],
      responses: [{ metric: 'spend', values }],
    },
  }
}

describe('a read-out that looks at single users', () => {
  it('says on a thread of its own what it says here, and lets others have their turns meanwhile', async () => {
    const summary = summaryOf()
    let turns = 0
    let isDone = false
    const counting = (async () => {
      while (!isDone) {
        turns += 1
        await new Promise(setImmediate)
      }
    })()
    const apart = await readOutApart(summary, spec)
    isDone = true
    await counting
    expect(turns).toBeGreaterThan(20)
    expect(apart.exploration.heterogeneity[0]).toMatchObject({ reason: null, users: USERS })
    expect(apart).toEqual(readOut(summary, spec))
  })

  it('passes on a refusal, and does what is quick at once', async () => {
    const { single: _, ...summary } = summaryOf()
    expect(await readOutApart(summary, spec)).toEqual(readOut(summary, spec))
    await expect(readOutApart({ ...summaryOf(), metrics: [] }, spec)).rejects.toThrow('lacks spend')
  })
})

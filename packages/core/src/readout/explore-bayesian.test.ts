import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/effects.json' with { type: 'json' }
import type { ExperimentMetric } from '../domain/index.ts'
import { randomFrom } from '../random/index.ts'
import { readOut } from './read-out.ts'
import type { ReadOutSpec } from './read-out-spec.ts'
import { specOf, summaryOf, type TestUser } from './testing/summary-of.ts'

const sales: ExperimentMetric = {
  ...{ name: 'sales', metricType: 'mean', numerator: { column: 'sales' } },
  ...{ role: 'success', targetMDE: 0.05 },
}
const random = randomFrom('past')
const users: readonly TestUser[] = Array.from({ length: 600 }, (_, i) => ({
  variant: i % 2 === 0 ? 'new' : 'control',
  values: [10 + 4 * random() + (i % 2 === 0 ? 1 : 0)],
}))
const past = cases.prior.past.map(([effect, stdError]) => ({ effect: effect!, stdError: stdError! }))

function believed(metric: ExperimentMetric, pastEffects: ReadOutSpec['pastEffects']) {
  const spec = { ...specOf([metric]), ...(pastEffects === undefined ? {} : { pastEffects }) }
  const found = readOut(summaryOf(users, spec), spec)
  return { prior: found.exploration.bayesian[0]!, decision: found.decision }
}

describe('the prior of the Bayesian view', () => {
  it('is learned from past effects where there are enough, as SciPy learns it', () => {
    const { prior } = believed(sales, { sales: past })
    expect(prior.priorFrom).toEqual({ kind: 'past', effects: past.length, reason: null })
    expect(prior.prior.mean).toBe(0)
    expect(prior.prior.stddev).toBeCloseTo(cases.prior.sd, 7)
  })

  it('is N(0, .3²) where nothing is said, or the past does not tell, and then says why', () => {
    expect(believed(sales, undefined).prior).toMatchObject({
      prior: { mean: 0, stddev: 0.3 },
      priorFrom: { kind: 'default', effects: 0, reason: null },
    })
    expect(believed(sales, { sales: past.slice(0, 4) }).prior).toMatchObject({
      prior: { mean: 0, stddev: 0.3 },
      priorFrom: { kind: 'default', effects: 4, reason: 'too-few-units' },
    })
    const alike = Array.from({ length: 6 }, () => ({ effect: 0.01, stdError: 0.1 }))
    expect(believed(sales, { sales: alike }).prior.priorFrom).toMatchObject({
      kind: 'default',
      reason: 'zero-variance',
    })
  })

  it('is the stated one before all others', () => {
    const stated = { ...sales, priorSettings: { mean: 0.01, stddev: 0.02 } }
    expect(believed(stated, undefined).prior).toMatchObject({
      prior: { mean: 0.01, stddev: 0.02 },
      priorFrom: { kind: 'stated' },
    })
  })

  it('moves what is believed and nothing that is decided', () => {
    const tight = Array.from({ length: 8 }, (_, i) => ({ effect: i % 2 === 0 ? 0.002 : -0.002, stdError: 0.0001 }))
    const [one, other] = [believed(sales, undefined), believed(sales, { sales: tight })]
    const effectOf = (found: typeof one) => found.prior.variants?.[1]?.effect?.mean ?? Number.NaN
    expect(Math.abs(effectOf(other))).toBeLessThan(0.2 * Math.abs(effectOf(one)))
    expect(other.decision).toEqual(one.decision)
  })
})

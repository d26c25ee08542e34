import { describe, expect, it } from 'vitest'
import { decideExperiment } from './decide-experiment.ts'
import type { TestedMetric } from './experiment-decision.ts'

const due = { kind: 'fixed', isDue: true } as const
const sure = (effect: number, stdError = 0.01) => ({ kind: 'effect', effect, stdError, dof: null }) as const
const sales: TestedMetric = { name: 'sales', role: 'success', effect: sure(0.1), minimalEffect: 0.05, test: due }
const optOuts: TestedMetric = {
  name: 'opt-outs',
  role: 'guardrail',
  inverse: true,
  effect: sure(0),
  margin: 0.05,
  test: due,
}
const verdictOf = (...metrics: readonly TestedMetric[]) =>
  decideExperiment({ treatments: [{ name: 'new', metrics }], quality: [] }).verdict

describe('decideExperiment', () => {
  it('ships what is better and harms no guardrail', () => {
    expect(verdictOf(sales, optOuts)).toBe('ship')
  })

  it('stops for harm, whatever else is better', () => {
    expect(verdictOf(sales, { ...optOuts, effect: sure(0.1) })).toBe('stop')
  })

  it('calls broken data invalid before anything else', () => {
    const found = decideExperiment({
      treatments: [{ name: 'new', metrics: [sales, { ...optOuts, effect: sure(0.1) }] }],
      quality: [{ kind: 'test', name: 'sample ratio', pValue: 1e-6 }],
    })
    expect(found.verdict).toBe('invalid')
    expect(found.treatments[0]?.metrics.map(({ verdict }) => verdict)).toEqual(['unreliable', 'unreliable'])
  })
})

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { evaluatePolicy } from './evaluate-policy.ts'
import type { EvaluationLog } from './evaluation-log.ts'
import { importanceWeights } from './importance-weights.ts'
import { preCheckPolicy } from './policy-pre-check.ts'
import { weightShape } from './weight-shape.ts'

/** One to eight decisions with certain policies, equal rewards, propensities near 0, single actions and users. */
const degenerate: fc.Arbitrary<EvaluationLog> = fc
  .array(
    fc.record({
      actions: fc.integer({ min: 1, max: 3 }),
      chosen: fc.nat({ max: 2 }),
      wanted: fc.nat({ max: 2 }),
      propensity: fc.constantFrom(1e-12, 0.001, 0.5, 1),
      user: fc.nat({ max: 2 }),
      reward: fc.constantFrom(0, 1, -1e9, 1e-9),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((rows) => {
    const offsets = [0]
    for (const { actions } of rows) offsets.push(offsets.at(-1)! + actions)
    return {
      offsets,
      chosen: rows.map(({ chosen, actions }) => chosen % actions),
      propensities: rows.map(({ propensity }) => propensity),
      targetPolicy: rows.flatMap(({ actions, wanted }) =>
        Array.from({ length: actions }, (_, a) => Number(a === wanted % actions)),
      ),
      users: rows.map(({ user }) => user),
      rewards: [{ name: 'r', values: rows.map(({ reward }) => reward) }],
      identities: { indices: rows.flatMap(({ actions }) => [0, 1, 2].slice(0, actions)), names: ['hold', 'a', 'b'] },
      context: { width: 1, values: rows.map(({ reward }) => reward) },
      segments: { indices: rows.map(({ user }) => user), names: ['x', 'y', 'z'] },
    }
  })

/** Paths of numbers that are not finite. */
function oddNumbers(value: unknown, path = ''): readonly string[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [`${path} = ${value}`]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => oddNumbers(inner, `${path}.${key}`))
}

it('degenerate logs get numbers or reasons, and nothing that is neither', () => {
  fc.assert(
    fc.property(degenerate, (log) => {
      const found = evaluatePolicy(log, { seed: '1', resamples: 10 })
      expect(oddNumbers(found)).toEqual([])
      expect(oddNumbers(preCheckPolicy(found))).toEqual([])
      expect(oddNumbers(weightShape(log.propensities, importanceWeights(log)))).toEqual([])
      expect(found.status).toBe('insufficient-overlap')
    }),
    { seed: 9, numRuns: 400 },
  )
})

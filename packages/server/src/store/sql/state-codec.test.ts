import { PalomaError, type PolicyState } from '@paloma/core/domain'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { exampleState } from '../testing/examples.ts'
import { stateFromRow, stateToRow } from './state-codec.ts'

const vector = fc.float64Array({ maxLength: 8 }).map((values) => Float64Array.from(values))
const head = fc.record(
  {
    dimension: fc.nat(),
    mean: vector,
    covariance: vector,
    noiseShape: fc.double(),
    noiseRate: fc.double(),
    n: fc.nat(),
  },
  { noNullPrototype: true },
)

it('a row gives back the state bit for bit', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), head, { noNullPrototype: true }), (heads) => {
      const known = { sends: 3, users: [3, 2.5, 0.1 + 0.2], answers: [1, 0, 1e-300] }
      const messages = { variants: { 'price-drop': { plain: known } }, delays: [1, 2, 3] }
      const volume = {
        price: 0.1 + 0.2,
        level: 1e-300,
        gain: 0.5,
        error: 0.25,
        measured: null,
        until: 7,
        atLimit: false,
      }
      const rest = Object.keys(heads).length > 1 ? { messages, dualPrices: { volume } } : {}
      const state: PolicyState = { ...exampleState(1), heads, ...rest }
      expect(stateFromRow(stateToRow(state))).toStrictEqual(state)
    }),
    { seed: 20_260_312, numRuns: 200 },
  )
})

it('a row whose bytes were cut is refused', () => {
  const row = stateToRow(exampleState(1))
  for (const bytes of [8, 3]) {
    expect(() => stateFromRow({ ...row, vectors: row.vectors.subarray(bytes) })).toThrow(PalomaError)
  }
})

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseItem } from './items.ts'
import { plainDecide } from './plain-decide.ts'
import { decideSchema } from './schemas/decision.ts'

const scalar = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.boolean(),
  fc.constantFrom(null, [], {}, 'x'.repeat(8_193)),
)
const plainName = { arbitrary: fc.string({ minLength: 1 }), weight: 20 }
const name = fc.oneof(plainName, fc.constantFrom('', '__proto__', '\0', '\ud800', 'a'.repeat(256), 'a'.repeat(257)))
const context = fc.oneof(
  fc.constantFrom(undefined, { screen: 'home' }, { depth: -0.5, isFirst: false }),
  fc.dictionary(name, scalar, { noNullPrototype: true, maxKeys: 3 }),
  fc.constantFrom(undefined, null, 'x', [], Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`m${i}`, i]))),
)
const body = fc
  .record(
    {
      decisionId: fc.oneof({ arbitrary: name, weight: 9 }, fc.constantFrom(1, null)),
      userId: name,
      context,
      deliver: fc.oneof({ arbitrary: fc.boolean(), weight: 5 }, fc.constantFrom(null, 'yes', undefined)),
      at: fc.constantFrom('2026-03-10T12:00:00Z', 1_773_144_000_000, 'soon', undefined, undefined, undefined),
      surprise: fc.constantFrom(1, undefined, undefined, undefined),
    },
    { requiredKeys: ['decisionId', 'userId'], noNullPrototype: true },
  )
  // As bodies come: through JSON.
  .map((given): unknown => JSON.parse(JSON.stringify(given)))

it('takes nothing that the schema refuses, and answers the same command', () => {
  let taken = 0
  fc.assert(
    fc.property(fc.oneof(body, fc.jsonValue()), (given) => {
      const plain = plainDecide(given)
      if (plain === undefined) return
      taken += 1
      expect(parseItem(decideSchema, given)).toStrictEqual({ ok: true, value: plain })
    }),
    { seed: 20_261_129, numRuns: 20_000 },
  )
  expect(taken).toBeGreaterThan(500)
})

it.each([
  { decisionId: 'd', userId: 'u' },
  { decisionId: 'd'.repeat(256), userId: 'Ü', context: {}, deliver: false },
  { userId: 'u', decisionId: 'd', deliver: true, context: { screen: 'home', depth: -0.5, isFirst: false } },
])('takes %j, as most bodies are', (given) => {
  expect(plainDecide(given)).toStrictEqual({ context: {}, deliver: true, ...given })
})

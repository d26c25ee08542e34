import fc from 'fast-check'
import { expect, it } from 'vitest'
import { differencesOf } from './differences.ts'

it.each([
  ['the same numbers', { a: [1, 2, { b: 0.1 }] }, { a: [1, 2, { b: 0.1 }] }, []],
  ['another order of members', { a: 1, b: 2 }, { b: 2, a: 1 }, []],
  ['one other number deep inside', { a: [1, { 'x/y': 2 }] }, { a: [1, { 'x/y': 3 }] }, ['/a/1/x~1y']],
  ['a member more', { a: 1 }, { a: 1, b: undefined }, ['']],
  ['a list that is longer', { a: [1] }, { a: [1, 2] }, ['/a/1']],
  ['zero and minus zero', { a: 0 }, { a: -0 }, ['/a']],
  ['null and an empty object', { a: null }, { a: {} }, ['/a']],
])('names what differs: %s', (_, logged, replayed, pointers) => {
  expect(differencesOf(logged, replayed).map(({ pointer }) => pointer)).toEqual(pointers)
})

it('finds a difference exactly where two JSON values differ', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      expect(differencesOf(a, structuredClone(a))).toEqual([])
      const isSame = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
      if (!isSame) expect(differencesOf(a, b).length).toBeGreaterThan(0)
    }),
    { seed: 7 },
  )
})

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  return Object.fromEntries(
    Object.entries(value)
      .sort()
      .map(([name, member]) => [name, sorted(member)]),
  )
}

import { describe, expect, it } from 'vitest'
import { malformation } from './well-formed.ts'

describe('malformation', () => {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
  it.each([
    [{ a: ['x', 'y\u0000'] }, '/a/1'],
    [{ 'b\ud800': 1 }, '/b\ud800'],
    [{ a: Number.POSITIVE_INFINITY }, '/a'],
    [JSON.parse('{"a":{"__proto__":1}}'), '/a/__proto__'],
    [nested(40), '/0'.repeat(32)],
  ])('finds what no store can keep in %j', (value, pointer) => {
    expect(malformation(value)?.pointer).toBe(pointer)
  })

  it('accepts emoji, deep enough nesting and all finite numbers', () => {
    expect(malformation({ a: '😀', b: nested(20), c: [1e308, -0, null, true] })).toBeUndefined()
  })
})

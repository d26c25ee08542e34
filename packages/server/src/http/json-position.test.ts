import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonErrorPosition } from './json-position.ts'

describe('jsonErrorPosition', () => {
  it.each([
    ['{"a": abc}', 6],
    ['{"a":1', 6],
    ['[1,]', 3],
    ['{"a":"x', 5],
    ['', 0],
    ['[1 2]', 3],
    ['{"a" 1}', 5],
    ['{"a":1}}', 7],
    ['[1}', 2],
    ['01', 1],
  ])('finds the fault of %j at %i', (text, position) => {
    expect(() => JSON.parse(text)).toThrow(SyntaxError)
    expect(jsonErrorPosition(text)).toBe(position)
  })

  it('runs to the end of whatever JSON.parse accepts', () => {
    fc.assert(
      fc.property(fc.json(), (text) => jsonErrorPosition(text) === text.length),
      { seed: 3 },
    )
  })
})

import { describe, expect, it } from 'vitest'
import { parseModule } from '../architecture/module.ts'
import { measureFunctions, percentile } from './measure.ts'

const measured = (text: string) => measureFunctions(parseModule('a.ts', text))

describe('measureFunctions', () => {
  it('counts lines, parameters, branching and nesting of each function by itself', () => {
    const text = `
function outer(a, b) {
  if (a && b) {
    for (const c of a) {
      if (c) return 1
    }
  } else if (b) return 2
  const inner = () => (a ? 1 : 2)
  return inner
}`
    expect(measured(text)).toEqual([
      { path: 'a.ts', line: 2, name: 'outer', lines: 9, branching: 6, nesting: 3, parameters: 2 },
      { path: 'a.ts', line: 8, name: 'inner', lines: 1, branching: 2, nesting: 0, parameters: 0 },
    ])
  })

  it('names methods, and functions that are handed on', () => {
    expect(measured('class A { constructor() {} b() {} }; f(() => 1)').map(({ name }) => name)).toEqual([
      'constructor',
      'b',
      '(function)',
    ])
  })
})

describe('percentile', () => {
  it.each([
    [[], 0.9, 0],
    [[7], 0.9, 7],
    [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.9, 9],
    [[3, 1, 2], 1, 3],
    [[3, 1, 2], 0.5, 2],
  ])('of %j at %d is %d', (values, share, expected) => {
    expect(percentile(values, share)).toBe(expected)
  })
})

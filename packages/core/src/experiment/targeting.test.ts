import { describe, expect, it } from 'vitest'
import type { Condition } from '../domain/index.ts'
import { isTargeted } from './targeting.ts'

const traits = { country: 'DE', orders: 3, isPlus: true }

describe('isTargeted', () => {
  const cases: readonly (readonly [Condition, boolean])[] = [
    [{ kind: 'oneOf', trait: 'country', values: ['DE', 'AT'] }, true],
    [{ kind: 'oneOf', trait: 'country', values: ['FR'] }, false],
    [{ kind: 'oneOf', trait: 'city', values: ['Ulm'] }, false],
    [{ kind: 'oneOf', trait: 'isPlus', values: ['true'] }, false],
    [{ kind: 'noneOf', trait: 'country', values: ['DE'] }, false],
    [{ kind: 'noneOf', trait: 'city', values: ['Ulm'] }, true],
    [{ kind: 'between', trait: 'orders', min: 3 }, true],
    [{ kind: 'between', trait: 'orders', max: 2.9 }, false],
    [{ kind: 'between', trait: 'country', min: 0 }, false],
    [{ kind: 'known', trait: 'orders' }, true],
    [{ kind: 'known', trait: 'toString' }, false],
  ]
  it.each(cases)('reads %j as %s', (condition, expected) => {
    expect(isTargeted([condition], traits)).toBe(expected)
  })

  it('asks for all conditions, and for none where there is none', () => {
    const [first, second] = cases.map(([condition]) => condition)
    expect(isTargeted([first!, second!], traits)).toBe(false)
    expect(isTargeted([], {})).toBe(true)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Scalar } from '../domain/index.ts'
import { type BagSpec, encodeDeclared, namesOf, widthOf } from './encode-declared.ts'

const NUMBER: BagSpec = { kind: 'number', name: 'x', source: 'user', centre: 2, scale: 4 }
const LOG: BagSpec = { kind: 'number', name: 'x', source: 'user', centre: 1, scale: 2, log1p: true }
const PLAN: BagSpec = { kind: 'category', name: 'x', source: 'user', values: ['free', 'plus', '7', 'true'] }
const FLAG: BagSpec = { kind: 'boolean', name: 'x', source: 'user' }

/** The columns between two untouched neighbours. */
function encode(spec: BagSpec, bag: Readonly<Record<string, Scalar>>): readonly number[] {
  const out = new Float64Array(widthOf(spec) + 2)
  expect(encodeDeclared(spec, bag, { out, offset: 1 })).toBe(widthOf(spec))
  expect([out[0], out[out.length - 1]]).toEqual([0, 0])
  return [...out.slice(1, -1)]
}

describe('a declared number', () => {
  it.each<[BagSpec, Scalar, number]>([
    [NUMBER, 4, 0.5],
    [NUMBER, 2, 0],
    [NUMBER, 1e300, 3],
    [NUMBER, -1e300, -3],
    [LOG, Math.E ** 2 - 1, 0.5],
    [LOG, 0, -0.5],
    [LOG, -5, -0.5],
  ])('%o reads %d as %d', (spec, value, expected) => {
    expect(encode(spec, { x: value })[0]).toBeCloseTo(expected, 14)
  })

  it.each<[string, Scalar | undefined]>([
    ['absent', undefined],
    ['a text', '12'],
    ['a truth value', true],
    ['NaN', Number.NaN],
    ['infinite', Number.POSITIVE_INFINITY],
  ])('takes `missing`, or reads 0 as the centre does, when it is %s', (_, value) => {
    const bag: Readonly<Record<string, Scalar>> = value === undefined ? {} : { x: value }
    expect(encode(NUMBER, bag)).toEqual([0])
    expect(encode(LOG, bag)).toEqual([0])
    expect(encode({ ...NUMBER, missing: 4 }, bag)).toEqual([0.5])
    expect(encode({ ...LOG, missing: Math.E - 1 }, bag)[0]).toBeCloseTo(0, 14)
  })
})

describe('a declared category', () => {
  it('has one column per value, named after it, and all are 0 for a value that was not declared', () => {
    expect(namesOf(PLAN)).toEqual(['user.x=free', 'user.x=plus', 'user.x=7', 'user.x=true'])
    expect(encode(PLAN, { x: 'plus' })).toEqual([0, 1, 0, 0])
    expect(encode(PLAN, { x: 'gold' })).toEqual([0, 0, 0, 0])
    expect(encode(PLAN, {})).toEqual([0, 0, 0, 0])
  })

  it('reads numbers and truth values by their text', () => {
    expect(encode(PLAN, { x: 7 })).toEqual([0, 0, 1, 0])
    expect(encode(PLAN, { x: true })).toEqual([0, 0, 0, 1])
  })

  it('does not take an absent value for the text of its absence', () => {
    const odd: BagSpec = { kind: 'category', name: 'x', source: 'user', values: ['undefined'] }
    expect(encode(odd, {})).toEqual([0])
    expect(encode(odd, { x: 'undefined' })).toEqual([1])
  })
})

describe('a declared truth value', () => {
  it('is 1 for true alone', () => {
    expect(encode(FLAG, { x: true })).toEqual([1])
    for (const value of [false, 1, 'true', 'yes'] as const) expect(encode(FLAG, { x: value })).toEqual([0])
  })
})

it('never writes NaN or beyond ±3, whatever the bag holds', () => {
  const spec = fc.oneof(
    fc.constantFrom(NUMBER, LOG, PLAN, FLAG),
    fc.record({
      kind: fc.constant('number' as const),
      name: fc.constant('x'),
      source: fc.constant('user' as const),
      centre: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      scale: fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
      log1p: fc.boolean(),
    }),
  )
  const scalar = fc.oneof(fc.double(), fc.string(), fc.boolean())
  fc.assert(
    fc.property(spec, fc.dictionary(fc.constantFrom('x', 'y'), scalar), (declared, bag) => {
      for (const column of encode(declared, bag)) expect(Math.abs(column)).toBeLessThanOrEqual(3)
    }),
    { seed: 3, numRuns: 300 },
  )
})

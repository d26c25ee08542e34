import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HeadState } from '../domain/index.ts'
import { randomFrom } from '../random/index.ts'
import { createHead, updateHead } from './bayesian-head.ts'
import { type HeadStack, predictStack, stackHeads } from './head-stack.ts'
import { predictBlock } from './predict-block.ts'

const OFFSET = 3
const WIDTH = 6

function learnedHead(key: string): HeadState {
  const random = randomFrom(key)
  const numbers = () => Array.from({ length: OFFSET + WIDTH }, () => random() - 0.4)
  const prior = createHead({
    dimension: OFFSET + WIDTH,
    priorMean: numbers(),
    priorVariance: 0.7,
    noiseSd: 0.5 + random(),
    noiseWeight: 8,
  })
  return updateHead(
    prior,
    Array.from({ length: 12 }, () => ({ features: numbers(), reward: random() })),
  )
}

const HEADS = ['a', 'b', 'c', 'd', 'e'].map(learnedHead)

/** Rows whose entries often repeat and are often 0, so that they begin alike, differ and vanish. */
const rowsOf: fc.Arbitrary<readonly (readonly number[])[]> = fc.array(
  fc.array(fc.constantFrom(0, 0, 1, 1, -0.3, 0.1), { minLength: WIDTH, maxLength: WIDTH }),
  { minLength: 1, maxLength: 9 },
)

function predicted(stack: HeadStack, rows: readonly (readonly number[])[], order: readonly number[]) {
  const mean = new Float64Array(stack.heads * rows.length).fill(Number.NaN)
  const variance = new Float64Array(stack.heads * rows.length).fill(Number.NaN)
  const matrix = Float64Array.from(rows.flat())
  predictStack(stack, { rows: rows.length, matrix, order: Int32Array.from(order), mean, variance })
  return { mean, variance }
}

describe('predictStack', () => {
  it.each([1, 4, 5])('gives the bits of predictBlock for each of %i heads, whatever the order of rows', (count) => {
    const heads = HEADS.slice(0, count)
    const stack = stackHeads(heads, { offset: OFFSET, width: WIDTH })
    fc.assert(
      fc.property(rowsOf, fc.boolean(), (rows, isReversed) => {
        const order = rows.map((_, i) => (isReversed ? rows.length - 1 - i : i))
        const { mean, variance } = predicted(stack, rows, order)
        const block = { offset: OFFSET, rows: rows.length, width: WIDTH, matrix: Float64Array.from(rows.flat()) }
        for (const [k, head] of heads.entries()) {
          const out = { mean: new Float64Array(rows.length), variance: new Float64Array(rows.length) }
          predictBlock(head, block, out)
          expect([...mean.subarray(k * rows.length, (k + 1) * rows.length)]).toEqual([...out.mean])
          expect([...variance.subarray(k * rows.length, (k + 1) * rows.length)]).toEqual([...out.variance])
        }
      }),
      { seed: 7, numRuns: 300 },
    )
  })

  it('forgets the rows of the block before', () => {
    const stack = stackHeads(HEADS, { offset: OFFSET, width: WIDTH })
    const rows = [
      [1, 0, 1, 1, 0, 0.1],
      [1, 0, 1, -0.3, 0, 0.1],
    ]
    const fresh = predicted(stackHeads(HEADS, { offset: OFFSET, width: WIDTH }), rows, [0, 1])
    predicted(stack, [[1, 0, 1, 1, 1, 1]], [0])
    expect(predicted(stack, rows, [0, 1])).toEqual(fresh)
  })

  it('refuses heads of another shape', () => {
    expect(() => stackHeads(HEADS, { offset: OFFSET, width: WIDTH + 1 })).toThrow(
      expect.objectContaining({ code: 'HEADS_DIFFER' }),
    )
  })
})

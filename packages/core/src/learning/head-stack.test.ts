import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ActionRows, appendRow, emptyActionRows, fullMatrix, type HeadState } from '../domain/index.ts'
import { randomFrom } from '../random/index.ts'
import { createHead, updateHead } from './bayesian-head.ts'
import { type HeadStack, predictActions, stackHeads } from './head-stack.ts'
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

/** Columns of ways; the others are those of proposals. */
const WAY_COLUMNS = Int32Array.of(0, 2, 3)
const PROPOSAL_COLUMNS = Int32Array.of(1, 4, 5)

/** Sends as pairs of one of a few ways and one of a few proposals, with entries that are often 0 or alike. */
interface Sends {
  readonly ways: readonly (readonly number[])[]
  readonly proposals: readonly (readonly number[])[]
  readonly pairs: readonly (readonly [number, number])[]
}

const fullRows = fc.array(fc.array(fc.constantFrom(0, 0, 1, 1, -0.3, 0.1), { minLength: WIDTH, maxLength: WIDTH }), {
  minLength: 1,
  maxLength: 4,
})
const sendsOf: fc.Arbitrary<Sends> = fc.tuple(fullRows, fullRows).chain(([ways, proposals]) =>
  fc.record({
    ways: fc.constant(ways),
    proposals: fc.constant(proposals),
    pairs: fc.array(fc.tuple(fc.nat(ways.length - 1), fc.nat(proposals.length - 1)), { minLength: 1, maxLength: 12 }),
  }),
)

function rowsOf({ ways, proposals, pairs }: Sends): ActionRows {
  const rows = emptyActionRows(Math.max(pairs.length, ways.length, proposals.length), WIDTH)
  for (const way of ways) appendRow(rows.ways, Float64Array.from(way), WAY_COLUMNS)
  for (const proposal of proposals) appendRow(rows.proposals, Float64Array.from(proposal), PROPOSAL_COLUMNS)
  for (const [i, [way, proposal]] of pairs.entries()) {
    rows.wayOf[i] = way
    rows.proposalOf[i] = proposal
  }
  return rows
}

function predicted(stack: HeadStack, sends: Sends, first = 0) {
  const rows = sends.pairs.length + first
  const mean = new Float64Array(stack.lanes * rows).fill(Number.NaN)
  const variance = new Float64Array(stack.lanes * rows).fill(Number.NaN)
  predictActions(stack, rowsOf(sends), { rows, first, mean, variance })
  return { mean, variance }
}

/** |a − b| in units of what was added up. */
function expectClose(a: Float64Array, b: Float64Array, scale: number): void {
  expect(a.length).toBe(b.length)
  for (let i = 0; i < a.length; i += 1)
    expect(Math.abs(a[i]! - b[i]!)).toBeLessThan(1e-12 * Math.max(scale, Math.abs(b[i]!)))
}

describe('predictActions', () => {
  it.each([1, 4, 5])('gives what predictBlock gives on full rows, to 1e-12, for each of %i heads', (count) => {
    const heads = HEADS.slice(0, count)
    const stack = stackHeads(heads, { offset: OFFSET, width: WIDTH })
    fc.assert(
      fc.property(sendsOf, (sends) => {
        const n = sends.pairs.length
        const { mean, variance } = predicted(stack, sends)
        const rows = rowsOf(sends)
        const matrix = fullMatrix(rows, { sends: n, first: 0, width: WIDTH })
        for (const [k, head] of heads.entries()) {
          const out = { mean: new Float64Array(n), variance: new Float64Array(n) }
          predictBlock(head, { offset: OFFSET, rows: n, width: WIDTH, matrix }, out)
          expectClose(mean.subarray(k * n, (k + 1) * n), out.mean, 1)
          expectClose(variance.subarray(k * n, (k + 1) * n), out.variance, 1e-3)
        }
      }),
      { seed: 7, numRuns: 300 },
    )
  })

  it('gives a send the same bits wherever it stands, and 0 to what holds back before the first', () => {
    const stack = stackHeads(HEADS, { offset: OFFSET, width: WIDTH })
    fc.assert(
      fc.property(sendsOf, (sends) => {
        const n = sends.pairs.length
        const forwards = predicted(stack, sends)
        const backwards = predicted(stack, { ...sends, pairs: sends.pairs.toReversed() }, 1)
        for (let k = 0; k < HEADS.length; k += 1) {
          expect(backwards.mean[k * (n + 1)]).toBe(0)
          expect(backwards.variance[k * (n + 1)]).toBe(0)
          for (let i = 0; i < n; i += 1) {
            expect(backwards.mean[k * (n + 1) + n - i]).toBe(forwards.mean[k * n + i])
            expect(backwards.variance[k * (n + 1) + n - i]).toBe(forwards.variance[k * n + i])
          }
        }
      }),
      { seed: 8, numRuns: 200 },
    )
  })

  it('forgets the block before, also one that needed more memory', () => {
    const sends: Sends = { ways: [[1, 0, 1, 1, 0, 0]], proposals: [[0, 0.1, 0, 0, 1, 0]], pairs: [[0, 0]] }
    const fresh = predicted(stackHeads(HEADS, { offset: OFFSET, width: WIDTH }), sends)
    const stack = stackHeads(HEADS, { offset: OFFSET, width: WIDTH })
    const many = Array.from({ length: 50 }, (_, i) => [1, 1, i, 1, 1, 1])
    predicted(stack, { ways: many, proposals: many, pairs: many.map((_, i) => [i, i] as const) })
    expect(predicted(stack, sends)).toEqual(fresh)
  })

  it('refuses heads of another shape', () => {
    expect(() => stackHeads(HEADS, { offset: OFFSET, width: WIDTH + 1 })).toThrow(
      expect.objectContaining({ code: 'HEADS_DIFFER' }),
    )
  })
})

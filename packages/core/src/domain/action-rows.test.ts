import fc from 'fast-check'
import { expect, it } from 'vitest'
import { addEntry, appendRow, copyRow, emptyActionRows, fullRow, weighActions } from './action-rows.ts'

const WIDTH = 5
const ALL = Int32Array.from({ length: WIDTH }, (_, i) => i)
const rows = fc.array(fc.array(fc.constantFrom(0, 1, -2, 0.5), { minLength: WIDTH, maxLength: WIDTH }), {
  minLength: 1,
  maxLength: 6,
})

it('keeps of a row what is not 0, and gives it back in full', () => {
  const { ways, proposals, ...of } = emptyActionRows(2, WIDTH)
  appendRow(ways, Float64Array.of(1, 0, 3, 0, 0), Int32Array.of(0, 1, 2))
  expect(appendRow(ways, Float64Array.of(4, 4, 4, 4, 4), Int32Array.of(3))).toBe(1)
  appendRow(proposals, Float64Array.of(0, 0, 0, 0, 7), Int32Array.of(4))
  of.wayOf[1] = 1
  expect(fullRow({ ways, proposals, ...of }, 0, new Float64Array(WIDTH).fill(9))).toEqual(
    Float64Array.of(1, 0, 3, 0, 7),
  )
  expect(fullRow({ ways, proposals, ...of }, 1, new Float64Array(WIDTH))).toEqual(Float64Array.of(0, 0, 0, 4, 7))
})

it('adds entries to a copy and leaves the original alone', () => {
  const { ways, proposals } = emptyActionRows(2, WIDTH)
  appendRow(ways, Float64Array.of(1, 0, 3, 0, 0), ALL)
  copyRow(ways, 0, proposals)
  addEntry(proposals, 4, 8)
  copyRow(ways, 0, proposals)
  expect([...proposals.start]).toEqual([0, 3, 5])
  expect([...proposals.columns.subarray(0, 5)]).toEqual([0, 2, 4, 0, 2])
  expect([...proposals.values.subarray(0, 5)]).toEqual([1, 3, 8, 1, 3])
  expect(ways.size[0]).toBe(1)
})

it('weighs sends by what they share, which is the sum over full rows', () => {
  fc.assert(
    fc.property(
      rows,
      fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 7, maxLength: 7 }),
      (full, w) => {
        const sends = emptyActionRows(full.length, WIDTH)
        for (const [i, row] of full.entries()) {
          const values = Float64Array.from(row)
          sends.proposalOf[i] = appendRow(sends.proposals, values, Int32Array.of(1, 3))
          sends.wayOf[i] = i % 2
          if (i < 2) appendRow(sends.ways, values, Int32Array.of(0, 2, 4))
        }
        const weights = Float64Array.from(w.slice(0, full.length + 1))
        const out = new Float64Array(WIDTH).fill(9)
        weighActions(sends, { weights, first: 1, sums: new Float64Array(weights.length), out })
        const expected = new Float64Array(WIDTH)
        for (let i = 0; i < full.length; i += 1) {
          fullRow(sends, i, new Float64Array(WIDTH)).forEach((value, j) => {
            expected[j] = expected[j]! + weights[i + 1]! * value
          })
        }
        for (let j = 0; j < WIDTH; j += 1) expect(Math.abs(out[j]! - expected[j]!)).toBeLessThan(1e-12)
      },
    ),
    { seed: 3, numRuns: 200 },
  )
})

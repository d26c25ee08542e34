import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/assignment.json' with { type: 'json' }
import { BUCKETS } from './assignment.ts'
import { rangesOf, reweighted, variantAt, weightsOfRanges } from './variant-ranges.ts'

type Weights = Readonly<Record<string, number | undefined>>

const sharesOf = (weights: Weights) => Object.entries(weights).map(([name, share]) => ({ name, share: share ?? 0 }))

const weightsOf = fc
  .array(fc.integer({ min: 0, max: BUCKETS }), { minLength: 1, maxLength: 4 })
  .map((cuts) => [0, ...[...cuts].sort((a, b) => a - b), BUCKETS])
  .map((edges) => Object.fromEntries(edges.slice(1).map((end, i) => [`v${i}`, end - edges[i]!])))

describe('reweighted', () => {
  it.each(cases.ramps.map((steps, i) => [i, steps] as const))('follows the ramp of case %i', (_, steps) => {
    let ranges = rangesOf(sharesOf(steps[0]!.weights))
    expect(ranges).toEqual(steps[0]!.ranges)
    for (const { weights, ranges: expected } of steps.slice(1)) {
      ranges = reweighted(ranges, sharesOf(weights))
      expect(ranges).toEqual(expected)
    }
  })

  it('keeps the weights, covers every bucket once and moves only what must move', () => {
    fc.assert(
      fc.property(fc.array(weightsOf, { minLength: 2, maxLength: 5 }), (ramp) => {
        let ranges = rangesOf(sharesOf(ramp[0]!))
        for (const weights of ramp.slice(1)) {
          const next = reweighted(ranges, sharesOf(weights))
          const given = Object.fromEntries(Object.entries(weights).filter(([, share]) => share > 0))
          expect(weightsOfRanges(next)).toEqual(given)
          next.forEach(({ from, until }, i) => {
            expect(from).toBe(next[i - 1]?.until ?? 0)
            expect(until).toBeGreaterThan(from)
          })
          expect(movedShare(ranges, next)).toBe(leastMove(weightsOfRanges(ranges), given))
          ranges = next
        }
      }),
      { seed: 3, numRuns: 100 },
    )
  })

  it('refuses weights that do not sum', () => {
    const ranges = rangesOf(sharesOf({ a: BUCKETS }))
    expect(() => reweighted(ranges, sharesOf({ a: 1 }))).toThrow(/sum to 1000000 millionths, got 1/)
  })
})

type Ranges = ReturnType<typeof rangesOf>

/** Buckets whose owner differs, counted between all edges. */
function movedShare(before: Ranges, after: Ranges): number {
  const edges = [...new Set([...before, ...after].flatMap(({ from, until }) => [from, until]))].sort((a, b) => a - b)
  return edges.slice(1).reduce((sum, end, i) => {
    const start = edges[i]!
    return variantAt(before, start) === variantAt(after, start) ? sum : sum + end - start
  }, 0)
}

function leastMove(before: Weights, after: Weights): number {
  return Object.entries(after).reduce((sum, [name, share = 0]) => sum + Math.max(0, share - (before[name] ?? 0)), 0)
}

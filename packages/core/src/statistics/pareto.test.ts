import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hypervolume, paretoSet, type TwoGoals } from './pareto.ts'

const point = (name: string, first: number, second: number): TwoGoals => ({ name, first, second })
const ORIGIN = { first: 0, second: 0 }
const points = fc.array(
  fc
    .tuple(fc.integer({ min: -3, max: 9 }), fc.integer({ min: -3, max: 9 }))
    .map(([first, second]) => point('p', first, second)),
  { maxLength: 12 },
)
const RUNS = { seed: 8, numRuns: 200 }

describe('two goals', () => {
  it('keep what nothing beats in both, equal ones too', () => {
    const all = [
      point('a', 1, 5),
      point('b', 3, 3),
      point('c', 2, 2),
      point('d', 3, 3),
      point('e', 5, 1),
      point('f', 5, 0),
    ]
    expect(paretoSet(all).map(({ name }) => name)).toEqual(['a', 'b', 'd', 'e'])
    expect(paretoSet([])).toEqual([])
  })

  it('are reached in an area that is counted once', () => {
    expect(hypervolume([point('a', 1, 5), point('b', 3, 3), point('e', 5, 1)], ORIGIN)).toBe(5 + 2 * 3 + 2 * 1)
    expect(hypervolume([point('a', 4, 2)], { first: 1, second: 1 })).toBe(3)
    expect(hypervolume([point('a', 4, 0), point('b', -1, 9)], ORIGIN)).toBe(0)
  })

  it('have the area of the cells below some point', () => {
    fc.assert(
      fc.property(points, (list) => {
        let cells = 0
        for (let x = 0; x < 9; x += 1) {
          for (let y = 0; y < 9; y += 1) if (list.some(({ first, second }) => first > x && second > y)) cells += 1
        }
        expect(hypervolume(list, ORIGIN)).toBe(cells)
        expect(hypervolume(paretoSet(list), ORIGIN)).toBe(cells)
      }),
      RUNS,
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cumulativeIncidence, incidenceInterval } from './cumulative-incidence.ts'
import { restrictedMean, restrictedMeanDifference } from './restricted-mean.ts'
import { kaplanMeier, survivalInterval, survivalTable } from './survival-curve.ts'

const rows = fc.array(fc.record({ time: fc.integer({ min: 1, max: 12 }), cause: fc.integer({ min: 0, max: 2 }) }), {
  minLength: 5,
  maxLength: 60,
})

describe('survival', () => {
  it('and the causes that end it make up the whole', () => {
    fc.assert(
      fc.property(rows, (list) => {
        const table = survivalTable(list)
        const [first, second] = [cumulativeIncidence(table, 1), cumulativeIncidence(table, 2)]
        kaplanMeier(table).forEach((point, i) => {
          expect(point.survival + first[i]!.incidence + second[i]!.incidence).toBeCloseTo(1, 10)
        })
      }),
      { seed: 16, numRuns: 80 },
    )
  })

  it('without leaving is the share, and its restricted mean the mean', () => {
    const table = survivalTable([1, 2, 3, 4, 9, 9].map((time) => ({ time, cause: 1 })))
    expect(survivalInterval(table, 3.5, 0.9).mean).toBeCloseTo(0.5, 12)
    expect(restrictedMean(table, 5).effect).toBeCloseTo((1 + 2 + 3 + 4 + 5 + 5) / 6, 12)
  })

  it('stretches with the unit of time and turns its sign with the labels', () => {
    fc.assert(
      fc.property(rows, rows, (a, b) => {
        const [x, y] = [survivalTable(a), survivalTable(b)]
        const later = [a, b].map((list) => survivalTable(list.map((row) => ({ ...row, time: 2 * row.time }))))
        const found = restrictedMeanDifference(x, y, 6)
        const swapped = restrictedMeanDifference(y, x, 6)
        const slow = restrictedMeanDifference(later[0]!, later[1]!, 12)
        fc.pre(found.kind !== 'undefined' && swapped.kind !== 'undefined' && slow.kind !== 'undefined')
        expect(swapped.effect).toBeCloseTo(-found.effect, 10)
        expect(slow.effect).toBeCloseTo(2 * found.effect, 9)
        expect(slow.stdError).toBeCloseTo(2 * found.stdError, 9)
      }),
      { seed: 17, numRuns: 80 },
    )
  })

  it('answers with a reason where it was not watched, nothing happened or nobody was there', () => {
    const quiet = survivalTable([5, 6].map((time) => ({ time, cause: 0 })))
    expect(survivalInterval(quiet, 4, 0.9)).toEqual({ kind: 'undefined', reason: 'zero-variance', mean: 1 })
    expect(survivalInterval(quiet, 7, 0.9)).toMatchObject({ reason: 'not-reached' })
    expect(survivalInterval(survivalTable([]), 1, 0.9)).toMatchObject({ reason: 'too-few-units' })
    expect(restrictedMean(quiet, 9)).toMatchObject({ reason: 'not-reached' })
    expect(restrictedMean(quiet, 4)).toEqual({ kind: 'undefined', reason: 'zero-variance', effect: 4 })
    expect(restrictedMeanDifference(quiet, quiet, 4)).toEqual({ kind: 'undefined', reason: 'zero-variance', effect: 0 })
    expect(incidenceInterval(quiet, { cause: 1, time: 4, level: 0.9 })).toMatchObject({ reason: 'zero-variance' })
    expect(incidenceInterval(survivalTable([]), { cause: 1, time: 4, level: 0.9 })).toMatchObject({
      reason: 'too-few-units',
    })
    expect(() => survivalTable([{ time: Number.NaN, cause: 1 }])).toThrow(/time must be finite and ≥ 0, got NaN/)
    expect(() => survivalTable([{ time: 1, cause: -1 }])).toThrow(/cause must be an integer ≥ 0/)
    expect(() => restrictedMean(quiet, 0)).toThrow(/horizon must be finite and > 0/)
  })
})

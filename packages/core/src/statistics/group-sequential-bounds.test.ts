import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/sequential.json' with { type: 'json' }
import { type Spending, spentAlpha } from './alpha-spending.ts'
import { groupSequentialBounds } from './group-sequential-bounds.ts'
import { exitProbabilities, followPaths } from './sequential-power.ts'

interface Case {
  readonly spending: { readonly kind: string; readonly exponent?: number }
  readonly alpha: number
  readonly sides: number
  readonly fractions: readonly number[]
}

const spendingOf = ({ kind, exponent }: Case['spending']): Spending =>
  kind === 'power' ? { kind, exponent: exponent ?? 2 } : { kind: kind === 'pocock' ? kind : 'obrienFleming' }

const boundsOf = (design: Case) =>
  groupSequentialBounds({
    spending: spendingOf(design.spending),
    alpha: design.alpha,
    fractions: design.fractions,
    sides: design.sides === 2 ? 2 : 1,
  })

const spendings: readonly Spending[] = [
  { kind: 'power', exponent: 2 },
  { kind: 'power', exponent: 0.7 },
  { kind: 'obrienFleming' },
  { kind: 'pocock' },
]

describe('groupSequentialBounds', () => {
  it.each(cases.published)('gives the published bounds of $source', (published) => {
    const { looks } = boundsOf(published)
    const rounding = 0.5 * 10 ** -published.decimals
    published.bounds.forEach((bound, k) => {
      expect(Math.abs(looks[k]!.bound! - bound)).toBeLessThan(2e-5 + rounding)
    })
  })

  it.each(cases.bounds)(
    'gives the bounds of an independent program for α = $alpha, $spending.kind, $sides sides',
    (known) => {
      const { looks } = boundsOf(known)
      known.bounds.forEach((bound, k) => {
        expect(Math.abs(looks[k]!.bound! - bound)).toBeLessThan(1e-7)
      })
    },
  )

  it('spends exactly what the spending function says, however the looks fall', () => {
    const looks = fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(
        looks,
        fc.constantFrom(...spendings),
        fc.constantFrom(1 as const, 2 as const),
        (at, spending, sides) => {
          const fractions = [...at].sort((a, b) => a - b)
          const bounds = groupSequentialBounds({ spending, alpha: 0.04, fractions, sides })
          const { upper, lower, looks: tested } = exitProbabilities(followPaths(bounds), 0)
          const total = upper.reduce((sum, p) => sum + p, 0)
          expect(total).toBeCloseTo(spentAlpha(spending, 0.04 / sides, tested.at(-1)?.fraction ?? 0), 9)
          if (sides === 2) for (const [k, p] of lower.entries()) expect(p).toBeCloseTo(upper[k]!, 9)
        },
      ),
      { numRuns: 40, seed: 8 },
    )
  })

  it('never changes a bound for looks that come later', () => {
    const all = groupSequentialBounds({ alpha: 0.05, fractions: [0.2, 0.5, 0.9] }).looks
    const early = groupSequentialBounds({ alpha: 0.05, fractions: [0.2, 0.5] }).looks
    for (const [k, look] of early.entries()) expect(look.bound).toBeCloseTo(all[k]!.bound!, 9)
  })

  it('takes looks that lie very near one another', () => {
    const { looks } = groupSequentialBounds({ alpha: 0.05, fractions: [0.5, 0.500_02, 0.500_04, 1] })
    const far = groupSequentialBounds({ alpha: 0.05, fractions: [0.5, 1] }).looks
    expect(looks.every(({ bound }) => bound !== null)).toBe(true)
    expect(Math.abs(looks[3]!.bound! - far[1]!.bound!)).toBeLessThan(1e-4)
  })

  it('leaves out looks too close to the last one, and spends what remains where more came than planned', () => {
    const { looks } = groupSequentialBounds({ alpha: 0.05, fractions: [0.5, 0.500_001, Number.NaN, 1.2] })
    expect(looks.map(({ skipped }) => skipped)).toEqual([null, 'too-close', 'not-finite', null])
    expect(looks.map(({ spent }) => spent)).toEqual([0.0125, 0.0125, 0.0125, 0.05])
    // The same increments on the same path: .0125 at 5/12 of the information, then all.
    const exponent = Math.log(4) / Math.log(2.4)
    const rescaled = groupSequentialBounds({
      alpha: 0.05,
      spending: { kind: 'power', exponent },
      fractions: [5 / 12, 1],
    })
    expect(looks[3]?.bound).toBeCloseTo(rescaled.looks[1]!.bound!, 8)
  })

  it('lets the last look past the planned end be the one that tests', () => {
    const { looks } = groupSequentialBounds({ alpha: 0.05, fractions: [0.5, 1, 1.1, 1.3] })
    expect(looks.map(({ skipped }) => skipped)).toEqual([null, 'superseded', 'superseded', null])
    expect(looks[3]?.bound).toBe(groupSequentialBounds({ alpha: 0.05, fractions: [0.5, 1.3] }).looks[1]?.bound)
    const fallen = groupSequentialBounds({ alpha: 0.05, fractions: [0.5, 1.3, 1.1] }).looks
    expect(fallen.map(({ skipped }) => skipped)).toEqual([null, 'superseded', null])
  })

  it('spends what remains at a last look that comes short', () => {
    const { looks } = groupSequentialBounds({ alpha: 0.05, fractions: [0.4, 0.8], isFinal: true })
    expect(looks[1]?.spent).toBe(0.05)
    const whole = groupSequentialBounds({ alpha: 0.05, fractions: [0.8], isFinal: true })
    expect(whole.looks[0]?.bound).toBeCloseTo(1.644_853_626_951, 9)
  })

  it('has no bound where nothing may be spent, and none without looks', () => {
    expect(groupSequentialBounds({ alpha: 0.05, fractions: [] }).looks).toEqual([])
    expect(groupSequentialBounds({ alpha: 0.05, fractions: [0, -1] }).looks.map(({ bound }) => bound)).toEqual([
      null,
      null,
    ])
    const tiny = groupSequentialBounds({ alpha: 0.05, spending: { kind: 'obrienFleming' }, fractions: [0.000_2, 0.5] })
    expect(tiny.looks[0]?.skipped).toBe('nothing-to-spend')
    expect(tiny.looks[1]?.bound).toBeCloseTo(2.538, 3)
  })

  it('refuses errors out of range', () => {
    expect(() => groupSequentialBounds({ alpha: 0.5, fractions: [1] })).toThrow('alpha must be in (0, 0.5), got 0.5')
    expect(() => groupSequentialBounds({ alpha: Number.NaN, fractions: [1] })).toThrow(/got NaN/)
    expect(() =>
      groupSequentialBounds({ alpha: 0.05, fractions: [1], spending: { kind: 'power', exponent: 0 } }),
    ).toThrow(/exponent/)
  })
})

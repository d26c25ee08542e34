import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contributionBars, contributionsPlot } from './contributions.ts'

const contribution = fc.record({
  feature: fc.string({ maxLength: 5 }),
  objective: fc.constantFrom('conversion', 'retention'),
  contribution: fc.double({ min: -10, max: 10, noNaN: true }),
})

describe('contributionBars', () => {
  it('adds up to the same sum however few bars are shown', () => {
    fc.assert(
      fc.property(fc.array(contribution, { maxLength: 20 }), fc.integer({ min: 1, max: 10 }), (all, most) => {
        const bars = contributionBars(all, most)
        const sum = (items: readonly { readonly contribution: number }[]) =>
          items.reduce((total, item) => total + item.contribution, 0)
        expect(bars.length).toBeLessThanOrEqual(most + 1)
        expect(Math.abs(sum(bars) - sum(all))).toBeLessThan(1e-9)
      }),
      { seed: 3, numRuns: 100 },
    )
  })

  it('puts the largest first, whatever the sign, and counts the rest', () => {
    const bars = contributionBars(
      [
        { feature: 'a', objective: 'conversion', contribution: 0.1 },
        { feature: 'b', objective: 'conversion', contribution: -0.5 },
        { feature: 'c', objective: 'retention', contribution: 0.2 },
      ],
      1,
    )
    expect(bars.map((bar) => bar.label)).toEqual(['b \u2192 conversion', '2 others'])
    expect(contributionsPlot(bars).y?.domain).toEqual(['b \u2192 conversion', '2 others'])
  })
})

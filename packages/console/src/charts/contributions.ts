import { barX, type PlotOptions, ruleX, text } from '@observablehq/plot'
import type { Contribution } from '../answers.ts'
import { formatSigned } from '../format.ts'

/** One bar: a feature's share in the chosen score for one objective. */
export interface ContributionBar {
  readonly label: string
  readonly contribution: number
}

/** The largest contributions by size, larger first; the rest becomes one bar, so that the bars add up to the same sum. */
export function contributionBars(contributions: readonly Contribution[], most: number): readonly ContributionBar[] {
  const sorted = contributions
    .map(({ feature, objective, contribution }) => ({ label: `${feature} \u2192 ${objective}`, contribution }))
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
  if (sorted.length <= most) return sorted
  const rest = sorted.slice(most).reduce((sum, bar) => sum + bar.contribution, 0)
  return [...sorted.slice(0, most), { label: `${sorted.length - most} others`, contribution: rest }]
}

const ROW_HEIGHT = 44

/** Bars left and right of zero, the words above each. */
export function contributionsPlot(bars: readonly ContributionBar[]): PlotOptions {
  const words = { y: 'label', dy: -12, fontSize: 12, fill: 'currentColor' } as const
  const halo = { stroke: 'var(--ground)', strokeWidth: 5 } as const
  return {
    height: bars.length * ROW_HEIGHT + 50,
    marginLeft: 12,
    marginRight: 12,
    marginBottom: 40,
    x: { label: 'contribution to the score \u2192', grid: true, ticks: 5, nice: true },
    y: { axis: null, type: 'band', domain: bars.map((bar) => bar.label), padding: 0 },
    marks: [
      barX(bars, {
        y: 'label',
        x: 'contribution',
        fill: (bar: ContributionBar) => (bar.contribution >= 0 ? 'var(--accent)' : 'var(--against)'),
        insetTop: 22,
        insetBottom: 8,
      }),
      ruleX([0], { stroke: 'currentColor' }),
      text(bars, { ...words, ...halo, text: 'label', frameAnchor: 'left', textAnchor: 'start' }),
      text(bars, {
        ...words,
        ...halo,
        text: (bar: ContributionBar) => formatSigned(bar.contribution),
        frameAnchor: 'right',
        textAnchor: 'end',
        fontWeight: 600,
      }),
    ],
  }
}

import { dot, line, type PlotOptions, ruleX } from '@observablehq/plot'
import { type Figure, formatNumber, formatShare } from '../../../report/index.ts'
import type { CalibrationBin, ReportObjective } from '../report-data.ts'

function drawCalibration(bins: readonly CalibrationBin[], width: number): PlotOptions {
  const ends = bins.flatMap((bin) => [bin.predicted, bin.realised, bin.low, bin.high])
  const low = Math.min(...ends)
  const high = Math.max(...ends)
  const pad = (high - low || 1) * 0.05
  const domain: readonly [number, number] = [low - pad, high + pad]
  const color = 'var(--paloma)'
  return {
    height: Math.min(width, 420),
    marginLeft: 56,
    marginRight: 14,
    marginBottom: 42,
    marginTop: 28,
    x: { label: 'predicted \u2192', domain, grid: true, ticks: 5 },
    y: { label: '\u2191 realised', domain, grid: true, ticks: 5 },
    marks: [
      line([domain[0], domain[1]], {
        x: (v: number) => v,
        y: (v: number) => v,
        stroke: 'currentColor',
        strokeDasharray: '4 3',
      }),
      ruleX(bins, { x: 'predicted', y1: 'low', y2: 'high', stroke: color, strokeWidth: 2 }),
      dot(bins, { x: 'predicted', y: 'realised', fill: color, r: 4.5 }),
    ],
  }
}

/** Predicted against realised reward of one objective; points on the dashed line were predicted right. */
export function calibrationFigure(objective: ReportObjective, bins: readonly CalibrationBin[], level: number): Figure {
  const decisions = bins.reduce((sum, bin) => sum + bin.decisions, 0)
  return {
    title: `Predicted against realised: ${objective.name}`,
    caption: `Mean reward per decision in ${objective.unit}, ${bins.length} bins of like prediction; n = ${formatNumber(decisions, 0)} decisions, ${formatShare(level)} intervals. The dashed line is a perfect prediction.`,
    legend: [],
    table: {
      columns: ['Predicted', 'Realised', 'Low', 'High', 'Decisions'],
      rows: bins.map((bin) => [
        ...[bin.predicted, bin.realised, bin.low, bin.high].map((value) => formatNumber(value)),
        formatNumber(bin.decisions, 0),
      ]),
    },
    draw: (width) => drawCalibration(bins, width),
  }
}

import { type ReactNode, useMemo } from 'react'
import { forestPlot } from '../charts/forest.ts'
import { type MetricForest, metricForests, metricTable, pText } from '../charts/metric-forest.ts'
import type { ComparisonAnswer, ReadOut, SegmentAnswer } from '../experiment-answers.ts'
import { formatNumber, formatShare } from '../format.ts'
import { DataTable } from './data-table.tsx'
import { PlotFigure } from './plot-figure.tsx'

function Forest(props: { readonly forest: MetricForest; readonly pair: string; readonly users: number }): ReactNode {
  const { forest, pair, users } = props
  const { title, rows, alpha, role } = forest
  const options = useMemo(() => forestPlot(rows, '% of the control mean'), [rows])
  return (
    <figure>
      <figcaption className="quiet">
        <strong>{title}</strong>: {pair}, % of the control mean; n = {formatNumber(users)} users
        {alpha === null ? '' : `; each end one-sided at ${formatNumber(alpha)}, as tested`}.
        {role === 'guardrail' ? ' × is the largest loss that is accepted.' : ''}
      </figcaption>
      <PlotFigure options={options} label={`${title}: ${pair}`} />
    </figure>
  )
}

/** One treatment against the control: a forest plot per part that metrics have, then every number. */
export function Comparison(props: { readonly readOut: ReadOut; readonly comparison: ComparisonAnswer }): ReactNode {
  const { readOut, comparison } = props
  const forests = useMemo(() => metricForests(comparison), [comparison])
  const { columns, rows } = metricTable(readOut.control, comparison)
  const users = readOut.variants.reduce((sum, variant) => sum + variant.users, 0)
  const notes = comparison.metrics.flatMap(({ metric, notes: own }) => own.map((note) => `${metric}: ${note}.`))
  return (
    <>
      <h2>
        {comparison.treatment} against {readOut.control}
      </h2>
      {forests.map((forest) => (
        <Forest
          key={forest.role}
          forest={forest}
          pair={`${comparison.treatment} \u2212 ${readOut.control}`}
          users={users}
        />
      ))}
      <DataTable
        label={`${comparison.treatment} against ${readOut.control}`}
        columns={columns}
        textColumns={['Part', 'Verdict']}
        rows={rows.map((cells) => ({ key: cells[0] ?? '', cells }))}
      />
      {notes.map((note) => (
        <p key={note} className="quiet">
          {note}
        </p>
      ))}
    </>
  )
}

function changeOf({ relative }: SegmentAnswer): string {
  if (relative.kind === 'undefined') return relative.words
  return `${formatShare(relative.mean)} [${formatShare(relative.low)}, ${formatShare(relative.high)}]`
}

/** Exploration: corrected for how many were looked at, never part of the decision. */
export function Segments({ segments }: { readonly segments: readonly SegmentAnswer[] }): ReactNode {
  if (segments.length === 0) return null
  return (
    <>
      <h2>Segments: exploration, no decision</h2>
      <p className="quiet">
        Intervals of a single test each; q is corrected for how many were looked at (false discoveries held at 10 %).
      </p>
      <DataTable
        label="Segments"
        columns={['Segment', 'Metric', 'Treatment', 'Users', 'Change, 95 %', 'q', 'Stands out']}
        textColumns={['Metric', 'Treatment']}
        rows={segments.map((found) => ({
          key: `${found.segment} ${found.value} ${found.treatment} ${found.metric}`,
          cells: [
            `${found.segment} = ${found.value}`,
            found.metric,
            found.treatment,
            formatNumber(found.users),
            changeOf(found),
            pText(found.qValue),
            found.isDiscovery ? 'yes' : 'no',
          ],
        }))}
      />
    </>
  )
}

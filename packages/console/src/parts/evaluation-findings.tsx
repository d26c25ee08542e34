import { type ReactNode, useMemo } from 'react'
import {
  differenceRows,
  estimatorRows,
  rewardName,
  rewardUnit,
  valueCells,
  weightCells,
} from '../charts/evaluation-rows.ts'
import { type ForestRow, forestPlot } from '../charts/forest.ts'
import type { EvaluationResult, JudgedObjective, Verdict } from '../evaluation-answers.ts'
import { formatNumber, formatShare, formatSigned, formatTime } from '../format.ts'
import { DataTable } from './data-table.tsx'
import { PlotFigure } from './plot-figure.tsx'

const TONES: Readonly<Record<Verdict, string>> = {
  better: 'good',
  worse: 'bad',
  unclear: '',
  'insufficient-overlap': '',
  unchanged: '',
}
const GATES = {
  passed: { words: '✓ holds', className: 'good' },
  failed: { words: '✗ fails', className: 'bad' },
  unknown: { words: '? the log does not tell', className: 'quiet' },
} as const

interface Props {
  readonly result: EvaluationResult
}

function Summary({ result: { words, from, until } }: Props): ReactNode {
  return (
    <section className="summary">
      <h2 className={TONES[words.verdict]}>{words.sentence}</h2>
      <ul>
        {words.reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      <p>{words.nextStep}</p>
      <p className="quiet">
        Decisions from {formatTime(from)} to {formatTime(until)} UTC: {words.basis}.
      </p>
    </section>
  )
}

function Forest(props: {
  readonly rows: readonly ForestRow[]
  readonly unit: string
  readonly title: string
}): ReactNode {
  const { rows, unit, title } = props
  const options = useMemo(() => forestPlot(rows, unit), [rows, unit])
  return <PlotFigure options={options} label={title} />
}

function Objective({ result, objective }: Props & { readonly objective: JudgedObjective }): ReactNode {
  const unit = rewardUnit(result, objective.name)
  const { evaluated, users } = result.decisions
  const difference = useMemo(() => differenceRows(objective), [objective])
  const called = result.words.estimators
  const estimators = useMemo(() => estimatorRows(objective, called), [objective, called])
  if (difference.length === 0) return null
  const name = rewardName(objective.name)
  return (
    <figure>
      <figcaption className="quiet">
        <strong>{name}</strong>: {unit} per decision, with the configuration less without; n = {formatNumber(evaluated)}{' '}
        decisions of {formatNumber(users)} users; 95 % intervals, clustered by user.
      </figcaption>
      <Forest rows={difference} unit={unit} title={`${name}, difference per decision`} />
      <details>
        <summary>The value by every estimator</summary>
        <Forest rows={estimators} unit={unit} title={`${name}, value by estimator`} />
      </details>
    </figure>
  )
}

function Values({ result }: Props): ReactNode {
  const { objectives, promoted } = result.policy
  return (
    <>
      <h2>Value per decision</h2>
      {promoted !== null &&
        objectives.map((objective) => <Objective key={objective.name} result={result} objective={objective} />)}
      <DataTable
        label="Value per decision"
        columns={['Per decision', 'Unit', 'Now', 'With it', 'Difference']}
        textColumns={['Unit']}
        rows={valueCells(result).map((cells) => ({ key: cells[0] ?? '', cells }))}
      />
    </>
  )
}

function Sends({ result: { uses } }: Props): ReactNode {
  return (
    <>
      <h2>Sends per user</h2>
      <p className="quiet">Expected by the probabilities of both, each decision by itself; exact.</p>
      <DataTable
        label="Sends per user"
        columns={['Channel', 'Now', 'With it', 'Difference']}
        rows={uses.map(({ channel, when, logged, candidate }) => ({
          key: `${channel} ${when}`,
          cells: [
            when === 'now' ? channel : `${channel}, planned for later`,
            formatNumber(logged),
            formatNumber(candidate),
            formatSigned(candidate - logged),
          ],
        }))}
      />
    </>
  )
}

function Overlap({ result }: Props): ReactNode {
  const { gates, overlap } = result.policy
  return (
    <>
      <h2>Can this log tell?</h2>
      <p>
        To this configuration it is worth {formatNumber(overlap.effectiveSampleSize)} unweighted decisions (
        {formatShare(overlap.effectiveShare)}).
      </p>
      <DataTable
        label="What must hold"
        columns={['What must hold', '']}
        textColumns={['']}
        rows={gates.map(({ name, objective, status, words }) => ({
          key: `${name} ${objective ?? ''}`,
          cells: [
            rewardName(words),
            <span key="status" className={GATES[status].className}>
              {GATES[status].words}
            </span>,
          ],
        }))}
      />
      <DataTable
        label="Weights"
        columns={['Share of decisions', 'Weight at most']}
        rows={weightCells(result).map((cells) => ({ key: cells[0] ?? '', cells }))}
      />
    </>
  )
}

function Needed({ result }: Props): ReactNode {
  const { exploration } = result.policy
  const { unsupported } = result.words
  const actions = exploration !== null && exploration.targetShare > 0 ? exploration.actions : []
  return (
    <>
      {actions.length > 0 && (
        <>
          <h2>Give these actions probability</h2>
          <DataTable
            label="Actions that need probability"
            columns={['Action', 'Chance now', 'With it', 'Needed']}
            rows={actions.map(({ action, loggedProbability, targetProbability, neededProbability }) => ({
              key: action,
              cells: [action, ...[loggedProbability, targetProbability, neededProbability].map(formatShare)],
            }))}
          />
        </>
      )}
      {unsupported.length > 0 && (
        <>
          <h2>What it would do and the log could not</h2>
          <DataTable
            label="What the log could not do"
            columns={['What stood against it', 'Share']}
            rows={unsupported.map(({ words, share }) => ({ key: words, cells: [words, formatShare(share)] }))}
          />
        </>
      )}
    </>
  )
}

function LeftOut({ result: { words } }: Props): ReactNode {
  return (
    <>
      <h2>Decisions that say nothing</h2>
      {words.leftOut.length === 0 ? (
        <p>None.</p>
      ) : (
        <DataTable
          label="Decisions that say nothing"
          columns={['Why', 'Decisions']}
          rows={words.leftOut.map((each) => ({ key: each.words, cells: [each.words, formatNumber(each.decisions)] }))}
        />
      )}
      <h2>What this leaves out</h2>
      {words.limits.map((limit) => (
        <p key={limit}>{limit}</p>
      ))}
    </>
  )
}

/** What an evaluation came to: verdict first, then values, sends, whether the log can tell, and what is in none of it. */
export function EvaluationFindings({ result }: Props): ReactNode {
  return (
    <>
      <Summary result={result} />
      <Values result={result} />
      <Sends result={result} />
      <Overlap result={result} />
      <Needed result={result} />
      <LeftOut result={result} />
    </>
  )
}

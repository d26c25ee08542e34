import { useMutation, useQuery } from '@tanstack/react-query'
import { type ReactNode, useMemo } from 'react'
import type { Contribution, Explanation, ReplayResult } from '../answers.ts'
import type { Api } from '../api.ts'
import { actionTable } from '../charts/action-rows.ts'
import { contributionBars, contributionsPlot } from '../charts/contributions.ts'
import { formatTime } from '../format.ts'
import { Answer, ErrorNote } from '../parts/answer.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { PlotFigure } from '../parts/plot-figure.tsx'
import { RecentDecisions } from '../parts/recent-decisions.tsx'
import { SearchForm } from '../parts/search-form.tsx'
import { hrefTo } from '../route.ts'

const MOST_BARS = 12

function Actions({ explanation }: { readonly explanation: Explanation }): ReactNode {
  const { columns, rows } = actionTable(explanation)
  return (
    <DataTable
      label="Actions considered"
      textColumns={['Refused']}
      columns={columns}
      rows={rows.map(({ cells, isChosen, isRefused }, i) => ({
        key: `${i} ${cells[0]}`,
        cells: [isChosen ? `▸ ${cells[0]} (chosen)` : cells[0], ...cells.slice(1)],
        className: isChosen ? 'chosen' : isRefused ? 'refused' : '',
      }))}
    />
  )
}

function Contributions({ contributions }: { readonly contributions: readonly Contribution[] }): ReactNode {
  const options = useMemo(() => contributionsPlot(contributionBars(contributions, MOST_BARS)), [contributions])
  if (contributions.length === 0) return <p className="quiet">Nothing was learned that speaks for or against it yet.</p>
  return (
    <figure>
      <figcaption className="quiet">
        What the chosen action’s score is made of, feature → objective, on the common scale.
      </figcaption>
      <PlotFigure options={options} label="Contributions to the chosen score" />
    </figure>
  )
}

function ReplayAnswer({ result }: { readonly result: ReplayResult }): ReactNode {
  if (result.identical) return <output className="good">Computed again from the log: identical.</output>
  if (result.fault !== undefined) {
    return (
      <p className="error" role="alert">
        It cannot be computed again: {result.fault.detail}.
      </p>
    )
  }
  return (
    <>
      <p className="error" role="alert">
        Computed again from the log, it differs in these members: {result.differences.length}.
      </p>
      <DataTable
        label="Differences of the replay"
        textColumns={['Logged', 'Replayed']}
        columns={['Member', 'Logged', 'Replayed']}
        rows={result.differences.map(({ pointer, logged, replayed }) => ({
          key: pointer,
          cells: [pointer, JSON.stringify(logged), JSON.stringify(replayed)],
        }))}
      />
    </>
  )
}

function Replay({ api, decisionId }: { readonly api: Api; readonly decisionId: string }): ReactNode {
  const replay = useMutation({ mutationFn: () => api.replay(decisionId) })
  return (
    <section>
      <h2>Replay</h2>
      <button type="button" disabled={replay.isPending} onClick={() => replay.mutate()}>
        {replay.isPending ? 'Computing…' : 'Compute this decision again'}
      </button>
      {replay.isError && <ErrorNote error={replay.error} />}
      {replay.isSuccess && <ReplayAnswer result={replay.data} />}
    </section>
  )
}

function Why({ explanation }: { readonly explanation: Explanation }): ReactNode {
  const { userId, at, policy, reasonWords, snapshotVersion, stateId, summary, contributions } = explanation
  return (
    <>
      <ul className="summary">
        {summary.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <p className="quiet">
        For <a href={hrefTo('users', userId)}>{userId}</a> at {formatTime(at)} UTC by {policy} ({reasonWords}), snapshot{' '}
        <code>{snapshotVersion.slice(0, 12)}</code>, policy state {stateId}.
      </p>
      <h2>Actions</h2>
      <p className="quiet">
        Value per objective is what the action adds over sending nothing, ± one standard deviation. Best score first,
        then the refused.
      </p>
      <Actions explanation={explanation} />
      <h2>Contributions</h2>
      <Contributions contributions={contributions} />
    </>
  )
}

function DecisionView({ api, decisionId }: { readonly api: Api; readonly decisionId: string }): ReactNode {
  const query = useQuery({ queryKey: ['explain', decisionId], queryFn: () => api.explain(decisionId) })
  return (
    <Answer query={query}>
      {(explanation) => (
        <>
          <Why explanation={explanation} />
          <Replay key={decisionId} api={api} decisionId={decisionId} />
        </>
      )}
    </Answer>
  )
}

/** Why this message? */
export function Decisions({ api, decisionId }: { readonly api: Api; readonly decisionId: string | null }): ReactNode {
  return (
    <>
      <h1>{decisionId === null ? 'Decision' : 'Why this message?'}</h1>
      <SearchForm
        key={decisionId}
        label="Decision id"
        initial={decisionId ?? ''}
        onSearch={(id) => {
          window.location.hash = hrefTo('decisions', id)
        }}
      />
      {decisionId === null ? (
        <>
          <p className="quiet">Enter a decision id, or follow “why?” here or on a user’s timeline.</p>
          <RecentDecisions api={api} />
        </>
      ) : (
        <DecisionView api={api} decisionId={decisionId} />
      )}
    </>
  )
}

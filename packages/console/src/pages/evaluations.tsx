import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Api } from '../api.ts'
import { evaluationStanding, stretchText } from '../charts/evaluation-rows.ts'
import type { EvaluationAnswer } from '../evaluation-answers.ts'
import { formatTime } from '../format.ts'
import { Answer } from '../parts/answer.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { EvaluationFindings } from '../parts/evaluation-findings.tsx'
import { EvaluationForm } from '../parts/evaluation-form.tsx'
import { hrefTo } from '../route.ts'

// Work goes on by itself; a look every other second costs the server nothing.
const LOOK_MS = 2000
const TEXT_COLUMNS = ['Stands', 'Asked, UTC', 'By', 'Decisions from, UTC']

function List({ evaluations }: { readonly evaluations: readonly EvaluationAnswer[] }): ReactNode {
  if (evaluations.length === 0) return <p className="quiet">No configuration was judged yet.</p>
  return (
    <DataTable
      label="Evaluations"
      columns={['Evaluation', ...TEXT_COLUMNS]}
      textColumns={TEXT_COLUMNS}
      rows={evaluations.map((evaluation) => ({
        key: evaluation.id,
        cells: [
          <a key="link" href={hrefTo('evaluations', evaluation.id)}>
            {evaluation.id}
          </a>,
          evaluationStanding(evaluation),
          formatTime(evaluation.createdAt),
          evaluation.createdBy,
          stretchText(evaluation.request),
        ],
      }))}
    />
  )
}

function Failure({ error }: Pick<EvaluationAnswer, 'error'>): ReactNode {
  if (error === null) return null
  return (
    <p className="error" role="alert">
      {error.code}: {error.detail}
      {error.hint === undefined ? '' : ` – ${error.hint}`}
    </p>
  )
}

function One({ api, id }: { readonly api: Api; readonly id: string }): ReactNode {
  const query = useQuery({
    queryKey: ['evaluation', id],
    queryFn: () => api.evaluation(id),
    refetchInterval: ({ state }) => (state.data?.status === 'running' ? LOOK_MS : false),
  })
  return (
    <>
      <p className="quiet">
        <a href={hrefTo('evaluations')}>All evaluations</a>
      </p>
      <h1>{id}</h1>
      <Answer query={query}>
        {(evaluation) => (
          <>
            <p className="quiet">
              Asked by {evaluation.createdBy} at {formatTime(evaluation.createdAt)} UTC;{' '}
              {evaluationStanding(evaluation)}.
            </p>
            <Failure error={evaluation.error} />
            {evaluation.result !== null && <EvaluationFindings result={evaluation.result} />}
          </>
        )}
      </Answer>
    </>
  )
}

function All({ api }: { readonly api: Api }): ReactNode {
  const query = useQuery({ queryKey: ['evaluations'], queryFn: () => api.evaluations() })
  return (
    <>
      <h1>Try a configuration</h1>
      <p className="quiet">
        A changed configuration decides past decisions again, and what followed says what that would have been worth.
        Nothing is sent, and nothing changes.
      </p>
      <EvaluationForm api={api} />
      <Answer query={query}>{(evaluations) => <List evaluations={evaluations} />}</Answer>
    </>
  )
}

/** What changed configurations would have done, before any user is touched. */
export function Evaluations({ api, id }: { readonly api: Api; readonly id: string | null }): ReactNode {
  return id === null ? <All api={api} /> : <One key={id} api={api} id={id} />
}

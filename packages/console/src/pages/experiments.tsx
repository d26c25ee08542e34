import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Api } from '../api.ts'
import { decisionText, inOrder, splitText } from '../charts/experiment-words.ts'
import type { ExperimentAnswer } from '../experiment-answers.ts'
import { formatTime } from '../format.ts'
import { Answer } from '../parts/answer.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { hrefTo } from '../route.ts'
import { ExperimentView } from './experiment.tsx'

const TEXT_COLUMNS = ['Status', 'Variants', 'Since, UTC', 'Judged by', 'Decision']

function List({ experiments }: { readonly experiments: readonly ExperimentAnswer[] }): ReactNode {
  if (experiments.length === 0) {
    return (
      <p className="quiet">
        There is no experiment yet. <code>paloma experiment create</code> or <code>POST /v1/experiments</code> writes a
        draft.
      </p>
    )
  }
  return (
    <DataTable
      label="Experiments"
      columns={['Experiment', ...TEXT_COLUMNS]}
      textColumns={TEXT_COLUMNS}
      rows={inOrder(experiments).map((experiment) => ({
        key: experiment.design.key,
        cells: [
          <a key="link" href={hrefTo('experiments', experiment.design.key)}>
            {experiment.design.key}
          </a>,
          experiment.status,
          splitText(experiment),
          formatTime(experiment.phases[0]?.since ?? experiment.createdAt),
          experiment.design.metrics.map(({ name }) => name).join(', '),
          decisionText(experiment),
        ],
      }))}
    />
  )
}

/** All experiments, or one of them. */
export function Experiments(props: { readonly api: Api; readonly experimentKey: string | null }): ReactNode {
  const { api, experimentKey } = props
  const isList = experimentKey === null
  const query = useQuery({ queryKey: ['experiments'], queryFn: () => api.experiments(), enabled: isList })
  if (!isList) return <ExperimentView key={experimentKey} api={api} experimentKey={experimentKey} />
  return (
    <>
      <h1>Experiments</h1>
      <Answer query={query}>{(experiments) => <List experiments={experiments} />}</Answer>
    </>
  )
}

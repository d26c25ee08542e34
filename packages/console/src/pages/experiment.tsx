import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Api } from '../api.ts'
import { splitText, standing, unitText } from '../charts/experiment-words.ts'
import type { ExperimentDetail, Results } from '../experiment-answers.ts'
import { formatNumber, formatTime } from '../format.ts'
import { Answer } from '../parts/answer.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { Comparison, Segments } from '../parts/experiment-effects.tsx'
import { Explored } from '../parts/experiment-exploration.tsx'
import { ExperimentHealth } from '../parts/experiment-health.tsx'
import { OverTime } from '../parts/experiment-over-time.tsx'
import { hrefTo } from '../route.ts'

function Setup({ experiment }: { readonly experiment: ExperimentDetail }): ReactNode {
  const { design, faults } = experiment
  const facts = [
    ['Split', splitText(experiment)],
    ['Randomised', unitText(experiment)],
    ['Learning', design.learning],
    ['Layer', design.isExclusive ? 'exclusive' : (design.layer?.name ?? 'its own')],
  ] as const
  return (
    <>
      {design.hypothesis !== '' && <p>{design.hypothesis}</p>}
      <dl className="cards">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {faults.length > 0 && (
        <>
          <h2>A start would refuse</h2>
          <ul>
            {faults.map(({ pointer, detail }) => (
              <li key={`${pointer} ${detail}`}>
                <code>{pointer}</code>: {detail}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  )
}

function Trail({ changes }: Pick<ExperimentDetail, 'changes'>): ReactNode {
  return (
    <>
      <h2>What was done to it</h2>
      <DataTable
        label="Audit trail"
        columns={['When, UTC', 'Who', 'What', 'Note']}
        textColumns={['Who', 'What', 'Note']}
        rows={changes.map(({ revision, at, actor, action, note }) => ({
          key: String(revision),
          cells: [formatTime(at), actor, action, note],
        }))}
      />
    </>
  )
}

const TONES = { ship: 'good', invalid: 'bad', stop: 'bad', doNotShip: '', keepRunning: '' } as const

function Verdict({ results: { readOut, until, leftOut } }: { readonly results: Results }): ReactNode {
  const { verdict, sentence, reasons } = readOut.decision
  return (
    <section className="summary">
      <h2 className={TONES[verdict]}>{sentence}</h2>
      <ul>
        {reasons.map(({ words }) => (
          <li key={words}>{words}</li>
        ))}
      </ul>
      <p className="quiet">
        Outcomes up to {formatTime(until)} UTC.{' '}
        {readOut.variants.map(({ name, users }) => `${name}: ${formatNumber(users)} users`).join(', ')}.
        {leftOut.moved > 0 && ` ${formatNumber(leftOut.moved)} users whom a change of weights moved are left out.`}
      </p>
    </section>
  )
}

function Findings({ results }: { readonly results: Results }): ReactNode {
  const { readOut } = results
  return (
    <>
      <Verdict results={results} />
      <ExperimentHealth checks={readOut.quality.checks} />
      {readOut.comparisons.map((comparison) => (
        <Comparison key={comparison.treatment} readOut={readOut} comparison={comparison} />
      ))}
      <OverTime readOut={readOut} />
      <Segments segments={readOut.segments} />
      <Explored exploration={readOut.exploration} />
    </>
  )
}

function Live({ api, experimentKey }: { readonly api: Api; readonly experimentKey: string }): ReactNode {
  const results = useQuery({ queryKey: ['results', experimentKey], queryFn: () => api.results(experimentKey) })
  return <Answer query={results}>{(data) => <Findings results={data} />}</Answer>
}

/** One experiment: how it stands, whether its data can be believed, what it shows, what was done to it. */
export function ExperimentView({
  api,
  experimentKey,
}: {
  readonly api: Api
  readonly experimentKey: string
}): ReactNode {
  const query = useQuery({ queryKey: ['experiment', experimentKey], queryFn: () => api.experiment(experimentKey) })
  return (
    <>
      <p className="quiet">
        <a href={hrefTo('experiments')}>All experiments</a>
      </p>
      <h1>{experimentKey}</h1>
      <Answer query={query}>
        {(experiment) => (
          <>
            <p className="quiet">{standing(experiment)}</p>
            {experiment.status !== 'draft' && <Live api={api} experimentKey={experimentKey} />}
            <h2>Design</h2>
            <Setup experiment={experiment} />
            <Trail changes={experiment.changes} />
          </>
        )}
      </Answer>
    </>
  )
}

import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useMemo, useState } from 'react'
import type { Counts, GroupComparison, Readiness } from '../answers.ts'
import type { Api } from '../api.ts'
import { comparedNames, forestPlot, forestRows, groupName, intervalText } from '../charts/forest.ts'
import { formatNumber, formatShare, formatTime } from '../format.ts'
import { Answer } from '../parts/answer.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { PlotFigure } from '../parts/plot-figure.tsx'

const DAY_MS = 86_400_000
const NO_INTERVAL = { mean: null, low: null, high: null }
const SPANS = [7, 28, 90] as const

function Health({ readiness }: { readonly readiness: Readiness }): ReactNode {
  const checks = Object.entries(readiness.checks)
  return (
    <ul className="checks">
      {checks.map(([name, { ok, detail }]) => (
        <li key={name} className={ok ? 'good' : 'bad'} title={detail}>
          <span aria-hidden="true">{ok ? '✓' : '✗'}</span> {name}: {ok ? 'ready' : (detail ?? 'not ready')}
        </li>
      ))}
    </ul>
  )
}

function Numbers({ counts }: { readonly counts: Counts }): ReactNode {
  const cards = [
    ['Decisions', formatNumber(counts.decisions)],
    ['Policy state', String(counts.stateId)],
    ['Users in memory', formatNumber(counts.usersInMemory)],
    ['Learning here', counts.isLearner ? 'yes' : 'no'],
  ] as const
  const sends = Object.entries(counts.sends)
  return (
    <>
      <dl className="cards">
        {cards.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <h2>Sends by status</h2>
      {sends.length === 0 ? (
        <p className="quiet">Nothing was sent yet.</p>
      ) : (
        <DataTable
          label="Sends by status"
          columns={['Status', 'Sends']}
          rows={sends.map(([status, count]) => ({ key: status, cells: [status, formatNumber(count)] }))}
        />
      )}
    </>
  )
}

function GroupTable({ comparison }: { readonly comparison: GroupComparison }): ReactNode {
  const groups = Object.entries(comparison.groups).filter(([, group]) => group.users > 0)
  const objectives = Object.keys(groups[0]?.[1].objectives ?? {})
  return (
    <DataTable
      label="Groups side by side"
      columns={['Group', 'Users', ...objectives, 'combined', 'Sends per user', 'Reach left']}
      rows={groups.map(([name, group]) => ({
        key: name,
        cells: [
          groupName(name),
          formatNumber(group.users),
          ...objectives.map((objective) => intervalText(group.objectives[objective] ?? NO_INTERVAL, formatNumber)),
          intervalText(group.combined, formatNumber),
          formatNumber(group.sendsPerUser),
          formatShare(group.reach),
        ],
      }))}
    />
  )
}

function Differences({ comparison }: { readonly comparison: GroupComparison }): ReactNode {
  const names = comparedNames(comparison)
  const [objective, setObjective] = useState('combined')
  const rows = useMemo(() => forestRows(comparison, objective), [comparison, objective])
  const options = useMemo(() => forestPlot(rows, `${objective} per user`), [rows, objective])
  const users = Object.values(comparison.groups).reduce((sum, group) => sum + group.users, 0)
  return (
    <>
      <label>
        Objective
        <select value={objective} onChange={(event) => setObjective(event.target.value)}>
          {names.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      {rows.length === 0 ? (
        <p className="quiet">Too few users for an interval.</p>
      ) : (
        <figure>
          <figcaption className="quiet">
            Difference in {objective} per user; n = {formatNumber(users)} users, {formatShare(comparison.level)}{' '}
            intervals, {formatTime(comparison.from)} to {formatTime(comparison.until)} UTC.
          </figcaption>
          <PlotFigure options={options} label={`Differences in ${objective} between groups`} />
        </figure>
      )}
    </>
  )
}

function Groups({ api }: { readonly api: Api }): ReactNode {
  const [days, setDays] = useState<number>(28)
  const query = useQuery({
    queryKey: ['groups', days],
    queryFn: async () => {
      const until = (await api.clock()).now
      return api.compareGroups(new Date(Date.parse(until) - days * DAY_MS).toISOString(), until)
    },
  })
  return (
    <section>
      <h2>Groups</h2>
      <label>
        Span
        <select value={days} onChange={(event) => setDays(Number(event.target.value))}>
          {SPANS.map((span) => (
            <option key={span} value={span}>
              last {span} days
            </option>
          ))}
        </select>
      </label>
      <Answer query={query}>
        {(comparison) => (
          <>
            <GroupTable comparison={comparison} />
            <h3>Differences</h3>
            <Differences comparison={comparison} />
          </>
        )}
      </Answer>
    </section>
  )
}

/** How the system and the comparison groups fare. */
export function Overview({ api }: { readonly api: Api }): ReactNode {
  const readiness = useQuery({ queryKey: ['ready'], queryFn: () => api.ready() })
  const counts = useQuery({ queryKey: ['counts'], queryFn: () => api.counts() })
  return (
    <>
      <h1>Overview</h1>
      <Answer query={readiness}>{(data) => <Health readiness={data} />}</Answer>
      <Answer query={counts}>{(data) => <Numbers counts={data} />}</Answer>
      <Groups api={api} />
    </>
  )
}

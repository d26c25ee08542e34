import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Api } from '../api.ts'
import { actionWords } from '../charts/recent-words.ts'
import { formatShare, formatTime } from '../format.ts'
import { hrefTo } from '../route.ts'
import { Answer } from './answer.tsx'
import { DataTable } from './data-table.tsx'

const TEXT_COLUMNS = ['User', 'Chosen', 'Policy', 'Why']

/** What was decided lately, each with its user and its reasons one click away. */
export function RecentDecisions({ api }: { readonly api: Api }): ReactNode {
  const query = useQuery({ queryKey: ['recent-decisions'], queryFn: () => api.recentDecisions() })
  return (
    <>
      <h2>Decided lately</h2>
      <Answer query={query}>
        {(decisions) =>
          decisions.length === 0 ? (
            <p className="quiet">
              Nothing was decided yet. <code>POST /v1/decisions</code> decides for a user.
            </p>
          ) : (
            <DataTable
              label="Decisions lately"
              columns={['At, UTC', 'User', 'Chosen', 'Probability', 'Policy', 'Why']}
              textColumns={TEXT_COLUMNS}
              rows={decisions.map((decision) => ({
                key: decision.decisionId,
                cells: [
                  formatTime(decision.at),
                  <a key="user" href={hrefTo('users', decision.userId)}>
                    {decision.userId}
                  </a>,
                  actionWords(decision),
                  formatShare(decision.propensity),
                  decision.policy,
                  <a key="why" href={hrefTo('decisions', decision.decisionId)}>
                    why?
                  </a>,
                ],
              }))}
            />
          )
        }
      </Answer>
    </>
  )
}

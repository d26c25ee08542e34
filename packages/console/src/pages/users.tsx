import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { UserDetail } from '../answers.ts'
import type { Api } from '../api.ts'
import { groupName } from '../charts/forest.ts'
import { formatTime } from '../format.ts'
import { Answer, ErrorNote } from '../parts/answer.tsx'
import { RecentDecisions } from '../parts/recent-decisions.tsx'
import { SearchForm } from '../parts/search-form.tsx'
import { Timeline } from '../parts/timeline.tsx'
import { CapState, ConsentState } from '../parts/user-state.tsx'
import { hrefTo } from '../route.ts'

function Profile({ user }: { readonly user: UserDetail }): ReactNode {
  const reachable = Object.keys(user.addresses)
  const facts = [
    ['Group', groupName(user.group)],
    ['Open opportunities', String(user.openOpportunities)],
    ['Addresses', reachable.length === 0 ? 'none' : reachable.join(', ')],
    ['Time zone', user.timeZone?.replaceAll('_', ' ') ?? 'the company’s'],
    ['Known since', formatTime(user.createdAt)],
  ] as const
  return (
    <dl className="cards">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function History(props: { readonly api: Api; readonly userId: string; readonly now: number }): ReactNode {
  const { api, userId, now } = props
  const pages = useInfiniteQuery({
    queryKey: ['timeline', userId],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => api.timeline(userId, pageParam),
    getNextPageParam: (page) => page.nextCursor,
  })
  if (pages.isPending) return <output className="quiet">Loading…</output>
  if (pages.isError) return <ErrorNote error={pages.error} />
  const entries = pages.data.pages.flatMap((page) => page.data)
  return (
    <>
      <h2>Messages lately</h2>
      <CapState entries={entries} now={now} />
      <h2>Timeline</h2>
      <Timeline entries={entries} />
      {pages.hasNextPage && (
        <button type="button" disabled={pages.isFetchingNextPage} onClick={() => pages.fetchNextPage()}>
          Earlier
        </button>
      )}
    </>
  )
}

function User({ api, userId }: { readonly api: Api; readonly userId: string }): ReactNode {
  const user = useQuery({ queryKey: ['user', userId], queryFn: () => api.user(userId) })
  const clock = useQuery({ queryKey: ['clock'], queryFn: () => api.clock() })
  return (
    <Answer query={user}>
      {(data) => (
        <>
          <Profile user={data} />
          <h2>Consent</h2>
          <ConsentState user={data} />
          <Answer query={clock}>{({ now }) => <History api={api} userId={userId} now={Date.parse(now)} />}</Answer>
        </>
      )}
    </Answer>
  )
}

/** One user: consent, caps, and everything that happened. */
export function Users({ api, userId }: { readonly api: Api; readonly userId: string | null }): ReactNode {
  return (
    <>
      <h1>{userId === null ? 'Users' : `User ${userId}`}</h1>
      <SearchForm
        key={userId}
        label="User id"
        initial={userId ?? ''}
        onSearch={(id) => {
          window.location.hash = hrefTo('users', id)
        }}
      />
      {userId === null ? (
        <>
          <p className="quiet">Enter a user id to see what happened between us and that user, and why.</p>
          <RecentDecisions api={api} />
        </>
      ) : (
        <User api={api} userId={userId} />
      )}
    </>
  )
}

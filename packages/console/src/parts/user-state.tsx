import type { ReactNode } from 'react'
import type { TimelineEntry, UserDetail } from '../answers.ts'
import { sendPressure } from '../charts/send-pressure.ts'
import { formatTime } from '../format.ts'
import { DataTable } from './data-table.tsx'

function consentRows({ consent }: UserDetail): readonly (readonly [string, string])[] {
  const right = (granted: boolean) => (granted ? 'granted' : 'denied')
  return [
    ...Object.entries(consent.channels).map(([channel, state]) => [`channel ${channel}`, state] as const),
    ...Object.entries(consent.topics).map(([topic, state]) => [`topic ${topic}`, state] as const),
    ...Object.entries(consent.channelTopics).map(([both, state]) => [both, state] as const),
    ['to be learned from', right(consent.learning)],
    ['to be explored on', right(consent.exploration)],
  ]
}

/** What a user agreed to, and which addresses must not be used. */
export function ConsentState({ user }: { readonly user: UserDetail }): ReactNode {
  const rows = consentRows(user).map(([right, state]) => ({ key: right, cells: [right, state] }))
  const barred = user.suppressions.map(({ channel, reason, since }) => ({
    key: `suppressed ${channel}`,
    cells: [`suppressed ${channel}`, `${reason} since ${formatTime(since)}`],
  }))
  return (
    <DataTable label="Consent" columns={['Consent', 'State']} textColumns={['State']} rows={[...rows, ...barred]} />
  )
}

/** How many messages the user got lately: what frequency caps count. */
export function CapState(props: { readonly entries: readonly TimelineEntry[]; readonly now: number }): ReactNode {
  const rows = sendPressure(props.entries, props.now)
  if (rows.length === 0) return <p className="quiet">No message reached this user in the entries shown.</p>
  return (
    <DataTable
      label="Messages lately"
      columns={['Messages', '24 hours', '7 days', '28 days']}
      rows={rows.map(({ channel, day, week, month }) => ({ key: channel, cells: [channel, day, week, month] }))}
    />
  )
}

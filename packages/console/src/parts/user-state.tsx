import type { ReactNode } from 'react'
import type { TimelineEntry, UserDetail } from '../answers.ts'
import { consentRows } from '../charts/consent-rows.ts'
import { sendPressure } from '../charts/send-pressure.ts'
import { DataTable } from './data-table.tsx'

/** What a user agreed to, and which addresses must not be used. */
export function ConsentState({ user }: { readonly user: UserDetail }): ReactNode {
  const rows = consentRows(user).map((cells) => ({ key: `${cells[0]} ${cells[1]}`, cells }))
  return (
    <DataTable label="Consent" columns={['Consent', 'State', 'Since']} textColumns={['State', 'Since']} rows={rows} />
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

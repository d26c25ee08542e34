import type { ReactNode } from 'react'
import { pText } from '../charts/metric-forest.ts'
import type { ReadOut } from '../experiment-answers.ts'
import { DataTable } from './data-table.tsx'

type Check = ReadOut['quality']['checks'][number]

const MARKS: Readonly<Record<Check['status'], { readonly words: string; readonly className: string }>> = {
  passed: { words: '✓ passed', className: 'good' },
  warning: { words: '! look at it', className: '' },
  failed: { words: '✗ failed', className: 'bad' },
  unknown: { words: '? could not be made', className: 'quiet' },
  moot: { words: '– nothing to test', className: 'quiet' },
}

/** Whether the data can be believed, check by check; before any effect. */
export function ExperimentHealth({ checks }: { readonly checks: readonly Check[] }): ReactNode {
  return (
    <>
      <h2>Health of the data</h2>
      <DataTable
        label="Checks of the data"
        columns={['Check', 'Status', 'p', 'Found']}
        textColumns={['Status', 'Found']}
        rows={checks.map(({ name, status, pValue, words }) => ({
          key: name,
          cells: [
            name,
            <span key="status" className={MARKS[status].className}>
              {MARKS[status].words}
            </span>,
            pText(pValue),
            words,
          ],
        }))}
      />
    </>
  )
}

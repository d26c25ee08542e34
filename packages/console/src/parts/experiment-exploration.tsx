import type { ReactNode } from 'react'
import { explorationTables } from '../charts/exploration-tables.ts'
import type { Exploration } from '../experiment-answers.ts'
import { DataTable } from './data-table.tsx'

/** Questions beside the decision: exploration of a single look, never part of the rule. */
export function Explored({ exploration }: { readonly exploration: Exploration }): ReactNode {
  return explorationTables(exploration).map(({ title, note, columns, rows }) => (
    <section key={title}>
      <h2>{title}</h2>
      <p className="quiet">Exploration, no decision. {note}</p>
      <DataTable
        label={title}
        columns={columns}
        textColumns={['Variant', 'Treatment', 'Other experiment']}
        rows={rows.map((cells) => ({ key: cells.slice(0, 3).join(' '), cells }))}
      />
    </section>
  ))
}

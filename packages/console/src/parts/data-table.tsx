import type { ReactNode } from 'react'

/** A row of a table; the first cell names it. */
export interface DataRow {
  readonly key: string
  readonly cells: readonly ReactNode[]
  readonly className?: string
}

/** A table that scrolls sideways in itself; `label` names it. */
export function DataTable(props: {
  readonly label: string
  readonly columns: readonly string[]
  readonly rows: readonly DataRow[]
}): ReactNode {
  const { label, columns, rows } = props
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className="scroll" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key} className={row.className}>
              {row.cells.map((cell, i) =>
                i === 0 ? (
                  <th key={columns[i]} scope="row">
                    {cell}
                  </th>
                ) : (
                  <td key={columns[i]}>{cell}</td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

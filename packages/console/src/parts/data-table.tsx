import type { ReactNode } from 'react'

/** A row of a table; the first cell names it. */
export interface DataRow {
  readonly key: string
  readonly cells: readonly ReactNode[]
  readonly className?: string
}

/** A table that scrolls sideways in itself; `label` names it. Columns hold numbers unless `textColumns` names them. */
export function DataTable(props: {
  readonly label: string
  readonly columns: readonly string[]
  readonly rows: readonly DataRow[]
  readonly textColumns?: readonly string[]
}): ReactNode {
  const { label, columns, rows, textColumns = [] } = props
  const classOf = (column: string | undefined) => (textColumns.includes(column ?? '') ? 'text' : undefined)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className="scroll" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col" className={classOf(column)}>
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
                  <td key={columns[i]} className={classOf(columns[i])}>
                    {cell}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

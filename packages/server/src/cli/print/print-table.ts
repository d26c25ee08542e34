/** Lines of cells under a header, columns aligned: the first `textColumns` to the left, the others to the right. */
export function alignTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  textColumns: number = 1,
): string {
  const lines = [header, ...rows]
  const widths = header.map((_, j) => Math.max(...lines.map((line) => (line[j] ?? '').length)))
  return lines.map((line) => alignLine(line, widths, textColumns)).join('\n')
}

/** What people read at. */
const TABLE_WIDTH = 100
const NARROWEST = 12

/** Like `alignTable`, with the first column shortened where a line would be longer than 100 characters. */
export function fitTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  textColumns: number = 1,
): string {
  const widths = header.map((_, j) => Math.max(...[header, ...rows].map((line) => (line[j] ?? '').length)))
  const others = widths.slice(1).reduce((sum, width) => sum + width + 2, 2)
  const room = Math.max(NARROWEST, TABLE_WIDTH - others)
  return alignTable(
    header,
    rows.map(([first = '', ...rest]) => [shortened(first, room), ...rest]),
    textColumns,
  )
}

function alignLine(line: readonly string[], widths: readonly number[], textColumns: number): string {
  const cells = widths.map((width, j) => {
    const cell = line[j] ?? ''
    return j < textColumns ? cell.padEnd(width) : cell.padStart(width)
  })
  return `  ${cells.join('  ')}`.trimEnd()
}

/** A text cut in the middle to `width` characters, so that its beginning and end still tell it. */
export function shortened(text: string, width: number): string {
  if (text.length <= width) return text
  const head = Math.ceil((width - 1) / 2)
  return `${text.slice(0, head)}…${text.slice(text.length - (width - 1 - head))}`
}

/** A number for people: whole numbers grouped by thousands, others with four significant digits. */
export function showNumber(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en-US')
  if (Math.abs(value) >= 10_000) return Math.round(value).toLocaleString('en-US')
  return Number(value.toPrecision(4)).toString()
}

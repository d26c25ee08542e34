/** Lines of cells under a header, columns aligned: the first to the left, the others to the right. */
export function alignTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows]
  const widths = header.map((_, j) => Math.max(...lines.map((line) => (line[j] ?? '').length)))
  return lines.map((line) => alignLine(line, widths)).join('\n')
}

function alignLine(line: readonly string[], widths: readonly number[]): string {
  const cells = widths.map((width, j) => (j === 0 ? (line[j] ?? '').padEnd(width) : (line[j] ?? '').padStart(width)))
  return `  ${cells.join('  ')}`.trimEnd()
}

/** A number for people: whole numbers grouped by thousands, others with four significant digits. */
export function showNumber(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en-US')
  if (Math.abs(value) >= 10_000) return Math.round(value).toLocaleString('en-US')
  return Number(value.toPrecision(4)).toString()
}

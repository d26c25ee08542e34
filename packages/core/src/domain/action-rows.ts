/** Rows of numbers that are mostly 0: row i has the entries from `start[i]` up to `start[i + 1]`, columns rising. */
export interface SparseRows {
  /** One number: how many rows there are. */
  readonly size: Int32Array
  readonly start: Int32Array
  readonly columns: Int32Array
  readonly values: Float64Array
}

/**
 * ψ of the sends of one decision, each the sum of two rows that many sends share and whose columns never meet: its way, which
 * tells of user, channel and moment, and its proposal, which tells of opportunity and variant.
 */
export interface ActionRows {
  readonly ways: SparseRows
  readonly proposals: SparseRows
  /** By send, its row of `ways`, which are numbered as sends first take them, and of `proposals`. */
  readonly wayOf: Int32Array
  readonly proposalOf: Int32Array
}

function emptyRows(rows: number, width: number): SparseRows {
  return {
    size: new Int32Array(1),
    start: new Int32Array(rows + 1),
    columns: new Int32Array(rows * width),
    values: new Float64Array(rows * width),
  }
}

/** Memory for so many sends; `width` is the number of columns of ψ. */
export function emptyActionRows(sends: number, width: number): ActionRows {
  return {
    ways: emptyRows(sends, width),
    proposals: emptyRows(sends, width),
    wayOf: new Int32Array(sends),
    proposalOf: new Int32Array(sends),
  }
}

/** Appends what is not 0 among these columns of a full row, and answers which row it became. */
export function appendRow(rows: SparseRows, full: Float64Array, among: Int32Array): number {
  const { size, start, columns, values } = rows
  const count = size[0]!
  let end = start[count]!
  for (let i = 0; i < among.length; i += 1) {
    const column = among[i]!
    const value = full[column]!
    if (value === 0) continue
    columns[end] = column
    values[end++] = value
  }
  size[0] = count + 1
  start[count + 1] = end
  return count
}

/** Appends a copy of a row of `from`. */
export function copyRow(from: SparseRows, row: number, to: SparseRows): void {
  const end = from.start[row + 1]!
  const count = to.size[0]! + 1
  to.size[0] = count
  to.start[count] = to.start[count - 1]!
  for (let i = from.start[row]!; i < end; i += 1) addEntry(to, from.columns[i]!, from.values[i]!)
}

/** Adds an entry to the last row, in a column beyond those it has. */
export function addEntry({ size, start, columns, values }: SparseRows, column: number, value: number): void {
  const count = size[0]!
  const end = start[count]!
  columns[end] = column
  values[end] = value
  start[count] = end + 1
}

/** out ← out + scale · row. */
function addRow(
  rows: SparseRows,
  row: number,
  { scale, out }: { readonly scale: number; readonly out: Float64Array },
): void {
  const { start, columns, values } = rows
  const end = start[row + 1]!
  for (let i = start[row]!; i < end; i += 1) out[columns[i]!] = out[columns[i]!]! + scale * values[i]!
}

/** ψ of one send in full. */
export function fullRow(
  { ways, proposals, wayOf, proposalOf }: ActionRows,
  send: number,
  out: Float64Array,
): Float64Array {
  out.fill(0)
  addRow(ways, wayOf[send]!, { scale: 1, out })
  addRow(proposals, proposalOf[send]!, { scale: 1, out })
  return out
}

/** ψ of all sends in full, row-major, under `first` rows of 0. */
export function fullMatrix(
  rows: ActionRows,
  { sends, first, width }: { readonly sends: number; readonly first: number; readonly width: number },
): Float64Array {
  const matrix = new Float64Array((first + sends) * width)
  for (let i = 0; i < sends; i += 1) fullRow(rows, i, matrix.subarray((first + i) * width, (first + i + 1) * width))
  return matrix
}

/** What to add up: one weight per send, from `first` on, into `out`; `sums` is working memory, at least as long as there are sends. */
interface Weighing {
  readonly weights: Float64Array
  readonly first: number
  readonly sums: Float64Array
  readonly out: Float64Array
}

/** out ← Σ weight · ψ over the sends. */
export function weighActions({ ways, proposals, wayOf, proposalOf }: ActionRows, weighing: Weighing): void {
  weighing.out.fill(0)
  addWeighed(ways, wayOf, weighing)
  addWeighed(proposals, proposalOf, weighing)
}

function addWeighed(rows: SparseRows, rowOf: Int32Array, { weights, first, sums, out }: Weighing): void {
  const count = rows.size[0]!
  for (let row = 0; row < count; row += 1) sums[row] = 0
  for (let i = first; i < weights.length; i += 1) {
    const row = rowOf[i - first]!
    sums[row] = sums[row]! + weights[i]!
  }
  for (let row = 0; row < count; row += 1) addRow(rows, row, { scale: sums[row]!, out })
}

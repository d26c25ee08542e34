/** A plain copy, for records. */
export function numbersOf(column: Float64Array): readonly number[] {
  const numbers = new Array<number>(column.length)
  for (let i = 0; i < column.length; i += 1) numbers[i] = column[i]!
  return numbers
}

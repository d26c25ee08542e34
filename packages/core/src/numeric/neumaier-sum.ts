/**
 * The sum with a running compensation (Neumaier 1974, method IV): the error does not grow with the count, unless the
 * terms nearly cancel.
 */
export function neumaierSum(values: Iterable<number>): number {
  let sum = 0
  let compensation = 0
  for (const value of values) {
    const next = sum + value
    compensation += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
    sum = next
  }
  return sum + compensation
}

/** A name in SQL, whatever it holds. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A text in SQL, whatever it holds. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** A finite number in SQL, to the last bit. */
export function numeral(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`value must be finite, got ${value}`)
  return `CAST(${value} AS DOUBLE)`
}

import { PalomaError } from '@paloma/core/domain'

/** Little-endian doubles as base64: bit for bit, about 10.7 characters each. */
export function toBase64(values: ArrayLike<number>): string {
  return Buffer.from(toBytes(values)).toString('base64')
}

/** The doubles of `toBase64`. Throws STORE_DAMAGED when the text is not whole doubles. */
export function fromBase64(text: string): Float64Array {
  return fromBytes(Buffer.from(text, 'base64'))
}

/** Little-endian bytes of doubles, eight each. */
export function toBytes(values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(values.length * 8)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < values.length; i++) view.setFloat64(i * 8, values[i]!, true)
  return bytes
}

/** The doubles of `toBytes`. Throws STORE_DAMAGED when the bytes are not whole doubles. */
export function fromBytes(bytes: Uint8Array): Float64Array {
  if (bytes.length % 8 !== 0) {
    throw new PalomaError('STORE_DAMAGED', `stored numbers must be whole doubles, got ${bytes.length} bytes`)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Float64Array.from({ length: bytes.length / 8 }, (_, i) => view.getFloat64(i * 8, true))
}

/** Numbers in JSON: plain where JSON keeps every bit, base64 where it would not (−0, NaN, ±∞). */
export type JsonNumbers = readonly number[] | string

/** Encodes numbers so that `fromJsonNumbers` gives back the same bits. */
export function toJsonNumbers(values: readonly number[]): JsonNumbers {
  return values.every((value) => Number.isFinite(value) && !Object.is(value, -0)) ? values : toBase64(values)
}

/** The numbers of `toJsonNumbers`. */
export function fromJsonNumbers(stored: JsonNumbers): readonly number[] {
  return typeof stored === 'string' ? [...fromBase64(stored)] : stored
}

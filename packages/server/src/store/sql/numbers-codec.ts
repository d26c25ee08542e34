import { PalomaError } from '@paloma/core/domain'

/** Little-endian doubles in base64, bit for bit. Throws STORE_DAMAGED when the text is not whole doubles. */
export function fromBase64(text: string): Float64Array {
  return fromBytes(Buffer.from(text, 'base64'))
}

/** Little-endian bytes of doubles, eight each. */
export function toBytes(values: ArrayLike<number>): Uint8Array<ArrayBuffer> {
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
  const values = new Float64Array(bytes.length / 8)
  for (let i = 0; i < values.length; i++) values[i] = view.getFloat64(i * 8, true)
  return values
}

/** Numbers in JSON: a few are plain where JSON keeps every bit (not −0, NaN, ±∞), all others base64. */
export type JsonNumbers = readonly number[] | string

/** The numbers of either form. */
export function fromJsonNumbers(stored: JsonNumbers): readonly number[] {
  return typeof stored === 'string' ? [...fromBase64(stored)] : stored
}

import { PalomaError } from '@paloma/core/domain'

// Working memory for columns of usual length: allocating a buffer costs more than encoding one.
const SCRATCH = Buffer.from(new ArrayBuffer(4096))
const SCRATCH_VIEW = new DataView(SCRATCH.buffer)

/** Little-endian doubles as base64: bit for bit, about 10.7 characters each. */
export function toBase64(values: ArrayLike<number>): string {
  if (values.length * 8 > SCRATCH.length) return Buffer.from(toBytes(values).buffer).toString('base64')
  for (let i = 0; i < values.length; i++) SCRATCH_VIEW.setFloat64(i * 8, values[i]!, true)
  return SCRATCH.toString('base64', 0, values.length * 8)
}

/** The doubles of `toBase64`. Throws STORE_DAMAGED when the text is not whole doubles. */
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

// Writing a double in decimals takes longer than everything else about it, and nearly twice the room.
const MOST_PLAIN = 4

/** Encodes numbers so that `fromJsonNumbers` gives back the same bits. */
export function toJsonNumbers(values: readonly number[]): JsonNumbers {
  return values.length <= MOST_PLAIN && values.every(isKeptByJson) ? values : toBase64(values)
}

function isKeptByJson(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0)
}

/** The numbers of `toJsonNumbers`. */
export function fromJsonNumbers(stored: JsonNumbers): readonly number[] {
  return typeof stored === 'string' ? [...fromBase64(stored)] : stored
}

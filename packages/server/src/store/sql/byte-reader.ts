import { PalomaError } from '@paloma/core/domain'
import { NEW_NUMBER } from './byte-writer.ts'

/** Reads what a ByteWriter wrote, in the same order. Throws STORE_DAMAGED beyond the end. */
export interface ByteReader {
  readonly bytes: Buffer
  readonly view: DataView
  at: number
}

export function byteReader(given: Uint8Array): ByteReader {
  const { buffer, byteOffset, byteLength } = given
  return {
    bytes: Buffer.from(buffer, byteOffset, byteLength),
    view: new DataView(buffer, byteOffset, byteLength),
    at: 0,
  }
}

/** Where the next `size` bytes begin. */
function take(reader: ByteReader, size: number): number {
  const { at } = reader
  if (at + size > reader.bytes.length) {
    throw new PalomaError('STORE_DAMAGED', `a packed record ends at byte ${reader.bytes.length}, expected ${at + size}`)
  }
  reader.at = at + size
  return at
}

/** Whether all was read. */
export function isAtEnd({ at, bytes }: ByteReader): boolean {
  return at >= bytes.length
}

export function readByte(reader: ByteReader): number {
  return reader.bytes[take(reader, 1)]!
}

export function readCount(reader: ByteReader): number {
  let value = 0
  for (let shift = 0; ; shift += 7) {
    const byte = readByte(reader)
    value += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) return value
  }
}

export function readNumber(reader: ByteReader): number {
  return reader.view.getFloat64(take(reader, 8), true)
}

/** Numbers as records of version 1 have them: how many, then each. */
export function readPlainNumbers(reader: ByteReader): readonly number[] {
  return readEach(reader, readCount(reader))
}

/** What `writeNumbers` wrote. */
export function readNumbers(reader: ByteReader): readonly number[] {
  const head = readCount(reader)
  const count = head >> 1
  return (head & 1) === 0 ? readEach(reader, count) : readAgain(reader, count)
}

function readAgain(reader: ByteReader, count: number): readonly number[] {
  const codes = take(reader, (count + 1) >> 1)
  const literals: number[] = []
  const values: number[] = []
  for (let i = 0; i < count; i += 1) {
    const byte = reader.bytes[codes + (i >> 1)]!
    const place = (i & 1) === 0 ? byte & 15 : byte >> 4
    if (place === NEW_NUMBER) literals.push(readNumber(reader))
    const value = place === NEW_NUMBER ? literals.at(-1) : literals[place]
    if (value === undefined) {
      throw new PalomaError('STORE_DAMAGED', `a packed list names number ${place} of ${literals.length}`)
    }
    values.push(value)
  }
  return values
}

function readEach(reader: ByteReader, count: number): readonly number[] {
  let at = take(reader, 8 * count)
  const values: number[] = []
  for (let i = 0; i < count; i += 1) {
    values.push(reader.view.getFloat64(at, true))
    at += 8
  }
  return values
}

export function readText(reader: ByteReader): string {
  const head = readCount(reader)
  const units = head >> 1
  const isWide = (head & 1) === 1
  const from = take(reader, isWide ? 2 * units : units)
  return reader.bytes.toString(isWide ? 'utf16le' : 'latin1', from, reader.at)
}

/** As many items as were counted, each by `read`. */
export function readList<T>(reader: ByteReader, read: (reader: ByteReader) => T): T[] {
  const count = readCount(reader)
  const items: T[] = []
  for (let i = 0; i < count; i += 1) items.push(read(reader))
  return items
}

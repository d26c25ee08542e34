/** Bytes in the making; grows by itself. Doubles are little-endian. */
export interface ByteWriter {
  bytes: Buffer
  view: DataView
  /** How many are written. */
  at: number
}

/** Longest text that is written unit by unit: beyond, a call into the runtime is cheaper than a loop. */
const SHORT = 48

/** An empty writer with room for `size` bytes at first. */
export function byteWriter(size: number): ByteWriter {
  const bytes = Buffer.allocUnsafeSlow(Math.max(16, size))
  return { bytes, view: viewOf(bytes), at: 0 }
}

/** What is written so far; shares memory with the writer. */
export function writtenBytes({ bytes, at }: ByteWriter): Buffer {
  return bytes.subarray(0, at)
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}

function reserve(writer: ByteWriter, size: number): void {
  const needed = writer.at + size
  if (needed <= writer.bytes.length) return
  const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * writer.bytes.length))
  writer.bytes.copy(grown, 0, 0, writer.at)
  writer.bytes = grown
  writer.view = viewOf(grown)
}

export function writeByte(writer: ByteWriter, value: number): void {
  reserve(writer, 1)
  writer.bytes[writer.at] = value
  writer.at += 1
}

/** A whole number from 0 to 2³¹ − 1, seven bits a byte. */
export function writeCount(writer: ByteWriter, value: number): void {
  reserve(writer, 5)
  const { bytes } = writer
  let rest = value
  while (rest > 0x7f) {
    bytes[writer.at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  bytes[writer.at++] = rest
}

/** A double, bit for bit. */
export function writeNumber(writer: ByteWriter, value: number): void {
  reserve(writer, 8)
  writer.view.setFloat64(writer.at, value, true)
  writer.at += 8
}

/** How many numbers of a list are known again. */
const MOST_KNOWN = 7
/** After so many that were all new, the rest of a list is not searched for any that come again. */
const ALL_NEW = 5
/** Stands for a number that has not come before. */
export const NEW_NUMBER = 15
const known = new Float64Array(MOST_KNOWN)

/**
 * Twice how many, then each bit for bit. Where enough of them come again, one more than twice; then four bits for each, the
 * place of the one among the first seven different ones that it is, or NEW_NUMBER; then those that are new.
 */
export function writeNumbers(writer: ByteWriter, values: readonly number[]): void {
  const { length } = values
  reserve(writer, 5 + 9 * length)
  const start = writer.at
  writeCount(writer, 2 * length + 1)
  if (length > 2 && writeAgain(writer, values)) return
  writer.at = start
  writeCount(writer, 2 * length)
  const { view } = writer
  let { at } = writer
  for (let i = 0; i < length; i += 1) {
    view.setFloat64(at, values[i]!, true)
    at += 8
  }
  writer.at = at
}

/** Writes numbers that come again; false where too few do, what was written then counts for nothing. */
function writeAgain(writer: ByteWriter, values: readonly number[]): boolean {
  const { bytes, view, at } = writer
  const { length } = values
  const codesSize = (length + 1) >> 1
  let next = at + codesSize
  let literals = 0
  for (let i = 0; i < length; i += 1) {
    const value = values[i]!
    const place = placeAmong(Math.min(literals, MOST_KNOWN), value)
    if (place === NEW_NUMBER) {
      if (literals < MOST_KNOWN) known[literals] = value
      literals += 1
      if (literals === ALL_NEW && i < ALL_NEW) return false
      view.setFloat64(next, value, true)
      next += 8
    }
    const byte = at + (i >> 1)
    bytes[byte] = (i & 1) === 0 ? place : bytes[byte]! | (place << 4)
  }
  if (codesSize + 8 * literals >= 8 * length) return false
  writer.at = next
  return true
}

/** The place of a number, bit for bit, among the first that are known; NaN is never known. */
function placeAmong(count: number, value: number): number {
  for (let place = 0; place < count; place += 1) {
    if (known[place] === value && (value !== 0 || Object.is(known[place], value))) return place
  }
  return NEW_NUMBER
}

/**
 * Any JavaScript string, unit by unit: one byte each where all fit into one (Latin-1), else two; what comes first is
 * twice their number, and one more for the wide form.
 */
export function writeText(writer: ByteWriter, text: string): void {
  const { length } = text
  reserve(writer, 2 * length + 5)
  const start = writer.at
  writeCount(writer, 2 * length)
  const isNarrow = length <= SHORT ? writeNarrow(writer, text) : writeLong(writer, text)
  if (isNarrow) return
  writer.at = start
  writeCount(writer, 2 * length + 1)
  writer.at += writer.bytes.write(text, writer.at, 'utf16le')
}

function writeNarrow(writer: ByteWriter, text: string): boolean {
  const { bytes, at } = writer
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i)
    if (unit > 0xff) return false
    bytes[at + i] = unit
  }
  writer.at = at + text.length
  return true
}

const WIDE = /[\u0100-\uffff]/

function writeLong(writer: ByteWriter, text: string): boolean {
  if (WIDE.test(text)) return false
  writer.at += writer.bytes.write(text, writer.at, 'latin1')
  return true
}

/** Bytes that were written by another writer, as they are. */
export function writeRaw(writer: ByteWriter, raw: Uint8Array): void {
  reserve(writer, raw.length)
  writer.bytes.set(raw, writer.at)
  writer.at += raw.length
}

/** 16 bits in the order of networks, as PostgreSQL's protocol has numbers. */
export function writeInt16(writer: ByteWriter, value: number): void {
  reserve(writer, 2)
  writer.view.setInt16(writer.at, value)
  writer.at += 2
}

/** 32 bits, likewise; of a number beyond, the lowest. */
export function writeInt32(writer: ByteWriter, value: number): void {
  reserve(writer, 4)
  writer.view.setInt32(writer.at, value)
  writer.at += 4
}

/** Puts 32 bits where some were written before. */
export function setInt32({ view }: ByteWriter, at: number, value: number): void {
  view.setInt32(at, value)
}

/** A text in UTF-8, nothing before or after it. */
export function writeUtf8(writer: ByteWriter, text: string): void {
  reserve(writer, 3 * text.length)
  writer.at += text.length <= SHORT && writeAscii(writer, text) ? text.length : writer.bytes.write(text, writer.at)
}

/** Writes a text of ASCII at the end, without counting it; answers false for any other. */
function writeAscii({ bytes, at }: ByteWriter, text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) return false
    bytes[at + i] = unit
  }
  return true
}

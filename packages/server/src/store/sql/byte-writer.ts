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

/** How many, then each bit for bit. */
export function writeNumbers(writer: ByteWriter, values: readonly number[]): void {
  writeCount(writer, values.length)
  reserve(writer, 8 * values.length)
  const { view } = writer
  let { at } = writer
  for (let i = 0; i < values.length; i += 1) {
    view.setFloat64(at, values[i]!, true)
    at += 8
  }
  writer.at = at
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

import {
  type ByteWriter,
  setInt32,
  writeByte,
  writeInt16,
  writeInt32,
  writeRaw,
  writeUtf8,
  writtenBytes,
} from './byte-writer.ts'

/** A `copy … from stdin (format binary)` in the making, as the messages of PostgreSQL's protocol that carry it. */
export interface CopyIn {
  readonly writer: ByteWriter
  /** Where the length of the message in the making stands. */
  lengthAt: number
}

/** A message ends with the first row beyond this: none need be long. */
const MESSAGE_BYTES = 65_536
const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1')
/** First bytes of the messages Query, CopyData and CopyDone. */
const [QUERY, COPY_DATA, COPY_DONE] = [0x51, 0x64, 0x63]
const NO_LENGTH = -1

/** Begins the copying of rows into columns, at the beginning of a writer's memory. */
export function beginCopy(
  target: { readonly table: string; readonly columns: readonly string[] },
  writer: ByteWriter,
): CopyIn {
  writer.at = 0
  const copy: CopyIn = { writer, lengthAt: 0 }
  beginMessage(copy, QUERY)
  writeUtf8(copy.writer, `copy ${target.table} (${target.columns.join(', ')}) from stdin (format binary)\0`)
  endMessage(copy)
  beginMessage(copy, COPY_DATA)
  writeRaw(copy.writer, SIGNATURE)
  // Neither flags nor an extension of the header.
  writeInt32(copy.writer, 0)
  writeInt32(copy.writer, 0)
  return copy
}

/** Begins a row of so many values; that many must follow. */
export function beginRow(copy: CopyIn, values: number): void {
  if (copy.writer.at - copy.lengthAt > MESSAGE_BYTES) {
    endMessage(copy)
    beginMessage(copy, COPY_DATA)
  }
  writeInt16(copy.writer, values)
}

/** The messages, complete; they share memory with the copy. */
export function endCopy(copy: CopyIn): Uint8Array {
  writeInt16(copy.writer, -1)
  endMessage(copy)
  beginMessage(copy, COPY_DONE)
  endMessage(copy)
  return writtenBytes(copy.writer)
}

/** A `text`, in UTF-8 as all our connections have it. */
export function copyText({ writer }: CopyIn, text: string): void {
  const lengthAt = leaveLength(writer)
  writeUtf8(writer, text)
  setLength(writer, lengthAt)
}

/** A `bigint`, of a safe integer. */
export function copyBigint({ writer }: CopyIn, value: number): void {
  writeInt32(writer, 8)
  writeInt32(writer, Math.floor(value / 2 ** 32))
  writeInt32(writer, value | 0)
}

/** Two `bytea`, of the first `size` bytes and of all others; the second is null where there are none. */
export function copyCut({ writer }: CopyIn, bytes: Uint8Array, size: number): void {
  writeInt32(writer, size)
  const lengthAt = writer.at + size
  // All at once, then what follows a length later: moving a few bytes is cheaper than a view of each part.
  writeRaw(writer, bytes)
  if (bytes.length === size) {
    writeInt32(writer, NO_LENGTH)
    return
  }
  writeInt32(writer, 0)
  writer.bytes.copyWithin(lengthAt + 4, lengthAt, lengthAt + bytes.length - size)
  setInt32(writer, lengthAt, bytes.length - size)
}

function leaveLength(writer: ByteWriter): number {
  writeInt32(writer, NO_LENGTH)
  return writer.at - 4
}

/** How much was written after the four bytes of the length. */
function setLength(writer: ByteWriter, lengthAt: number): void {
  setInt32(writer, lengthAt, writer.at - lengthAt - 4)
}

function beginMessage(copy: CopyIn, kind: number): void {
  writeByte(copy.writer, kind)
  copy.lengthAt = leaveLength(copy.writer)
}

/** The length of a message counts itself. */
function endMessage({ writer, lengthAt }: CopyIn): void {
  setInt32(writer, lengthAt, writer.at - lengthAt)
}

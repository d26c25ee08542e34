import { type ByteWriter, byteWriter } from './byte-writer.ts'

/** Memory that copies are made in, one after the other: making and clearing megabytes for each costs more than filling them. */
export interface CopyMemory {
  /** A writer with room for `size` bytes. */
  take(size: number): ByteWriter
  /** Once all that was written into it is with the store for good; after a failure some of it may still be on its way. */
  giveBack(writer: ByteWriter): void
}

/** Larger memory is not kept. */
const MOST_KEPT_BYTES = 8 * 2 ** 20

export function copyMemory(): CopyMemory {
  let kept: ByteWriter | undefined
  return {
    take(size) {
      const writer = kept
      kept = undefined
      return writer === undefined || writer.bytes.length < size ? byteWriter(size) : writer
    },
    giveBack(writer) {
      const isLarger = kept === undefined || kept.bytes.length < writer.bytes.length
      if (isLarger && writer.bytes.length <= MOST_KEPT_BYTES) kept = writer
    },
  }
}

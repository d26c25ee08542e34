import type { Decision } from '@paloma/core/domain'
import type { PackedDecision } from '../contract.ts'
import { byteWriter } from './byte-writer.ts'
import { packDecision, packLearning } from './pack-decision.ts'

/** Records share memory in pieces of this size, which stays as long as one of them is needed. */
const PIECE_BYTES = 262_144
/** So much is left of a piece for a record: several times what one of twenty actions takes. */
const ROOM_BYTES = 16_384

/** Packs records, one behind the other. */
export function recordPacker(): (decision: Decision) => PackedDecision {
  let writer = byteWriter(PIECE_BYTES)
  return (decision) => {
    if (writer.bytes.length - writer.at < ROOM_BYTES) writer = byteWriter(PIECE_BYTES)
    const start = writer.at
    packDecision(writer, decision)
    const recordSize = writer.at - start
    if (decision.learning !== null) packLearning(writer, decision.learning)
    // A view and no copy, and one for both: a batch carries a thousand of them.
    return {
      bytes: new Uint8Array(writer.bytes.buffer, writer.bytes.byteOffset + start, writer.at - start),
      recordSize,
    }
  }
}

import { type Utf8, utf8 } from './utf8.ts'

// The two multipliers of MurmurHash3_x86_32.
const C1 = 0xcc9e2d51
const C2 = 0x1b873593

function mixBlock(block: number): number {
  const k = Math.imul(block, C1)
  return Math.imul((k << 15) | (k >>> 17), C2)
}

/** fmix32: every input bit flips every output bit with a probability near one half. */
function avalanche(hash: number): number {
  let h = hash ^ (hash >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** The last one to three bytes as one little-endian number; 0 when there are none. */
function tailOf({ bytes, length }: Utf8, from: number): number {
  let tail = 0
  for (let i = length - 1; i >= from; i--) tail = (tail << 8) | bytes[i]!
  return tail
}

/** MurmurHash3_x86_32 of encoded text: an unsigned 32-bit integer. */
export function murmur3Bytes(text: Utf8, seed: number): number {
  const { bytes, length } = text
  const whole = length & ~3
  let h = seed | 0
  for (let i = 0; i < whole; i += 4) {
    h ^= mixBlock(bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24))
    h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
  }
  h ^= mixBlock(tailOf(text, whole))
  return avalanche(h ^ length)
}

/**
 * MurmurHash3_x86_32 (Appleby 2011) of the UTF-8 bytes of `text`: an unsigned 32-bit integer. Not cryptographic: who
 * can choose the text can choose the hash.
 */
export function murmur3(text: string, seed: number): number {
  return murmur3Bytes(utf8(text), seed)
}

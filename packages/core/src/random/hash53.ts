import { murmur3Bytes } from './murmur3.ts'
import { utf8 } from './utf8.ts'

// Arbitrary odd numbers, fixed for ever: with other ones every logged draw would change.
const HIGH_SEED = 0x3c6ef373
const LOW_SEED = 0x5bd1e995

/**
 * A number in [0, 1), a multiple of 2⁻⁵³, that depends on the parts and on nothing else. Two MurmurHash3 lanes run
 * over the parts, the hash of one part seeding the next, so `('ab', 'c')` and `('a', 'bc')` differ; the first lane
 * gives the upper 32 bits, the second the lower 21. For draws and orders, not for secrets.
 */
export function hash53(...parts: readonly string[]): number {
  let high = HIGH_SEED
  let low = LOW_SEED
  for (const part of parts) {
    const bytes = utf8(part)
    high = murmur3Bytes(bytes, high)
    low = murmur3Bytes(bytes, low)
  }
  return (high * 0x200000 + (low >>> 11)) * 2 ** -53
}

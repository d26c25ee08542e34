import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'
import { murmur3Bytes } from './murmur3.ts'
import { utf8 } from './utf8.ts'

// One seed per state word, fixed for ever: they are part of what a stored key means.
const WORD_SEEDS = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x6a09e667] as const

// xoroshiro never leaves the all-zero state; the lowest bit of the last word keeps it out.
const NOT_ZERO = 1

/**
 * A stream of uniform numbers in [0, 1) with 53 bits (xoroshiro128+, Blackman & Vigna 2018) that is fixed by `key`.
 * Streams of different keys are independent for practical purposes: the whole 128-bit state comes from the key.
 */
export function randomFrom(key: string): () => number {
  const bytes = utf8(key)
  const [a, b, c, d] = WORD_SEEDS
  const generator = xoroshiro128plusFromState([
    murmur3Bytes(bytes, a) | 0,
    murmur3Bytes(bytes, b) | 0,
    murmur3Bytes(bytes, c) | 0,
    murmur3Bytes(bytes, d) | NOT_ZERO,
  ])
  return () => uniformFloat64(generator)
}

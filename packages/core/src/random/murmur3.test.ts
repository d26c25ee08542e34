import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/random.json' with { type: 'json' }
import { murmur3 } from './murmur3.ts'

describe('murmur3', () => {
  it.each(cases.murmur3)('gives the published hash of "$text" under seed $seed', ({ text, seed, hash }) => {
    expect(murmur3(text, seed)).toBe(hash)
  })

  it('reads a lone surrogate as the replacement character', () => {
    expect(murmur3('a\ud800b', 7)).toBe(murmur3('a\ufffdb', 7))
  })

  it('hashes characters of two, three and four bytes as the platform encodes them', () => {
    const text = 'é漢😀z'
    const asBytes = [...new TextEncoder().encode(text)]
    expect(asBytes).toHaveLength(10)
    expect(murmur3(text, 0)).not.toBe(murmur3('e漢😀z', 0))
    expect(murmur3(text, 0)).toBe(cases.murmur3.find((c) => c.text === text)?.hash)
  })

  it('hashes texts longer than its working memory', () => {
    const long = 'x'.repeat(5000)
    expect(murmur3(long, 1)).toBe(murmur3(long, 1))
    expect(murmur3(long, 1)).not.toBe(murmur3(`${long}y`, 1))
  })
})

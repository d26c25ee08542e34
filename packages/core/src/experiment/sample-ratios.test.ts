import { describe, expect, it } from 'vitest'
import { randomFrom } from '../random/index.ts'
import { sampleRatios } from './sample-ratios.ts'
import { rangesOf } from './variant-ranges.ts'

const phase = (first: number) => ({
  ranges: rangesOf([
    { name: 'a', share: first },
    { name: 'b', share: 1_000_000 - first },
  ]),
})
const counted = (at: number, a: number, b: number) => [
  { phase: at, variant: 'a', users: a },
  { phase: at, variant: 'b', users: b },
]

describe('sampleRatios', () => {
  it('tests each phase against its own weights', () => {
    const [first, second] = sampleRatios(
      [phase(900_000), phase(500_000)],
      [...counted(0, 9_010, 990), ...counted(1, 5_000, 5_020)],
    )
    expect(first).toMatchObject({ phase: 0, isMismatch: false, variants: { a: { share: 0.9, users: 9_010 } } })
    expect(second!.isMismatch).toBe(false)
    expect(sampleRatios([phase(500_000)], counted(0, 9_010, 990))[0]).toMatchObject({ isMismatch: true })
  })

  it('says nothing against a phase without users, and everything against a variant nobody planned', () => {
    expect(sampleRatios([phase(500_000)], [])[0]).toMatchObject({ pValue: null, isMismatch: false })
    const stray = [...counted(0, 50, 50), { phase: 0, variant: 'c', users: 1 }]
    expect(sampleRatios([phase(500_000)], stray)[0]).toMatchObject({ pValue: 0, isMismatch: true })
  })

  it('flags at most one in a thousand sound experiments that are looked at daily', () => {
    const random = randomFrom('sample ratios')
    let flagged = 0
    for (let run = 0; run < 2_000; run += 1) {
      let [a, b] = [0, 0]
      let isFlagged = false
      for (let day = 0; day < 14; day += 1) {
        for (let i = 0; i < 50; i += 1) random() < 0.5 ? a++ : b++
        isFlagged ||= sampleRatios([phase(500_000)], counted(0, a, b))[0]!.isMismatch
      }
      flagged += isFlagged ? 1 : 0
    }
    // Binomial(2000, .001): more than 8 with a probability below .0003.
    expect(flagged).toBeLessThanOrEqual(8)
  })
})

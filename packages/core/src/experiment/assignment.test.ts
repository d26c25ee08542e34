import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/assignment.json' with { type: 'json' }
import { GROUPS } from '../domain/index.ts'
import { assign, BUCKETS, bucketOf, groupOf, type Share } from './assignment.ts'

const UNITS = Array.from({ length: 20_000 }, (_, i) => `user-${i}`)

function sharesOf(cuts: readonly number[]): readonly Share[] {
  const edges = [0, ...[...cuts].sort((a, b) => a - b), BUCKETS]
  return edges.slice(1).map((end, i) => ({ name: `v${i}`, share: end - edges[i]! }))
}

describe('bucketOf', () => {
  it.each(cases.buckets)('puts $unit of salt "$salt" into bucket $bucket', ({ salt, unit, bucket }) => {
    expect(bucketOf(salt, unit)).toBe(bucket)
  })

  it('spreads units evenly', () => {
    const counts = new Array<number>(50).fill(0)
    for (const unit of UNITS) counts[Math.floor(bucketOf('even', unit) / (BUCKETS / 50))]!++
    const chi = counts.reduce((sum, n) => sum + (n - 400) ** 2 / 400, 0)
    // χ²(49): 0.9999 quantile 92.
    expect(chi).toBeLessThan(92)
  })

  it('spreads the units of one bucket range evenly under another salt', () => {
    const chosen = UNITS.filter((unit) => bucketOf('first', unit) < BUCKETS / 2)
    const low = chosen.filter((unit) => bucketOf('second', unit) < BUCKETS / 2).length
    expect(Math.abs(low / chosen.length - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / chosen.length))
  })
})

describe('assign', () => {
  it.each(cases.assignments)('assigns $unit of salt "$salt" to $name', ({ salt, unit, shares, name }) => {
    expect(assign(salt, unit, shares)).toBe(name)
  })

  it('gives every unit exactly one name of positive share, the same each time', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        fc.array(fc.integer({ min: 0, max: BUCKETS }), { maxLength: 6 }),
        (salt, unit, cuts) => {
          const shares = sharesOf(cuts)
          const name = assign(salt, unit, shares)
          expect(shares.find((s) => s.name === name)!.share).toBeGreaterThan(0)
          expect(assign(salt, unit, shares)).toBe(name)
        },
      ),
      { seed: 1, numRuns: 200 },
    )
  })

  it('moves only units into a name whose share grew at the expense of its neighbour', () => {
    const before = [
      { name: 'a', share: 500_000 },
      { name: 'b', share: 500_000 },
    ] as const
    const after = [
      { name: 'a', share: 600_000 },
      { name: 'b', share: 400_000 },
    ] as const
    const moves = UNITS.map((unit) => `${assign('s', unit, before)}${assign('s', unit, after)}`)
    const moved = moves.filter((m) => m === 'ba').length
    expect(moves.filter((m) => m === 'ab')).toEqual([])
    expect(Math.abs(moved / UNITS.length - 0.1)).toBeLessThan(4 * Math.sqrt(0.09 / UNITS.length))
  })

  it('refuses shares that do not sum to a million, naming the sum', () => {
    expect(() => assign('s', 'u', [{ name: 'a', share: 999_999 }])).toThrow(/sum to 1000000 millionths, got 999999/)
    expect(() => assign('s', 'u', [])).toThrow(/got 0/)
  })

  it('refuses a negative or broken share, naming it', () => {
    const shares = [
      { name: 'a', share: -1 },
      { name: 'b', share: 1_000_001 },
    ]
    expect(() => assign('s', 'u', shares)).toThrow(/share of a must be an integer of millionths ≥ 0, got -1/)
    expect(() => assign('s', 'u', [{ name: 'a', share: 0.5 }])).toThrow(/got 0.5/)
  })
})

describe('groupOf', () => {
  const groups = {
    holdout: { share: 50_000 },
    random: { share: 50_000 },
    businessAsUsual: { share: 400_000 },
    paloma: { share: 500_000 },
  }

  it('reads the ranges in the order of GROUPS, whatever the order of the keys', () => {
    for (const unit of UNITS.slice(0, 500)) {
      const shares = GROUPS.map((name) => ({ name, share: groups[name].share }))
      expect(groupOf(groups, 'salt', unit)).toBe(assign('salt', unit, shares))
    }
  })

  it('keeps the planned split', () => {
    const counts: Record<string, number> = {}
    for (const unit of UNITS) {
      const group = groupOf(groups, 'salt', unit)
      counts[group] = (counts[group] ?? 0) + 1
    }
    const chi = GROUPS.reduce((sum, g) => {
      const expected = (UNITS.length * groups[g].share) / BUCKETS
      return sum + (counts[g]! - expected) ** 2 / expected
    }, 0)
    // χ²(3): 0.9999 quantile 21.1.
    expect(chi).toBeLessThan(21.1)
  })
})

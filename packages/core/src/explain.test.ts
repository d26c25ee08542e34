import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import type { Decision } from './domain/index.ts'
import { contributionsOf } from './explain.ts'
import { NOW, requestOf, snapshotOf, twoWordings } from './testing/decision-scene.ts'

const TWO = [twoWordings('a'), twoWordings('b', { features: { score: 0.1 } })]
const SNAPSHOT = snapshotOf({ prices: { 'channel:push': 0.2, 'message:message-a': 0.1 } })
const DECISION = decide(SNAPSHOT, requestOf(TWO), { now: NOW, random: () => 0.5 })

function choosing(chosen: number): Decision {
  return { ...DECISION, chosen }
}

describe('contributionsOf', () => {
  it('sums to the score plus the price of whatever was chosen, to 1e-9', () => {
    for (let i = 1; i < DECISION.actions.length; i += 1) {
      const contributions = contributionsOf(SNAPSHOT, choosing(i), TWO)
      const sum = contributions.reduce((total, { contribution }) => total + contribution, 0)
      expect(Math.abs(sum - (DECISION.scores[i]! + DECISION.prices[i]!))).toBeLessThan(1e-9)
    }
  })

  it('sums per objective to weight × value', () => {
    for (const { name, weight } of SNAPSHOT.objectives) {
      const own = contributionsOf(SNAPSHOT, choosing(3), TWO).filter(({ objective }) => objective === name)
      const sum = own.reduce((total, { contribution }) => total + contribution, 0)
      expect(Math.abs(sum - weight * DECISION.values[name]!.mean[3]!)).toBeLessThan(1e-9)
    }
  })

  it('names the largest first and nothing that adds nothing', () => {
    const sizes = contributionsOf(SNAPSHOT, choosing(1), TWO).map(({ contribution }) => Math.abs(contribution))
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a))
    expect(Math.min(...sizes)).toBeGreaterThan(0)
    const names = contributionsOf(SNAPSHOT, choosing(1), TWO).map(({ feature }) => feature)
    expect(names).toContain('channel=push')
    expect(names).not.toContain('channel=email')
  })

  it('has nothing to say about hold, which the others are measured against', () => {
    expect(contributionsOf(SNAPSHOT, choosing(0), TWO)).toEqual([])
  })

  it('says which proposal is gone', () => {
    expect(() => contributionsOf(SNAPSHOT, choosing(1), TWO.slice(1))).toThrow(
      'decision decision-1 chose opportunity a, which is gone',
    )
  })
})

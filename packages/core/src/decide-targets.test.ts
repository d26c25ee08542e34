import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import type { Decision, DualPrice, Objective, PriceTarget, Snapshot } from './domain/index.ts'
import { contributionsOf } from './explain.ts'
import { chances, NOW, OBJECTIVES, requestOf, snapshotOf, twoWordings } from './testing/decision-scene.ts'

const HAZARDS: readonly Objective[] = [OBJECTIVES[0]!, { ...OBJECTIVES[1]!, model: 'hazard' }]
const TWO = [twoWordings('a'), twoWordings('b', { features: { score: 0.1 } })]
const FRESH = { now: NOW, random: () => 0.999 }
const VOLUME: PriceTarget = { name: 'volume', measure: 'sendsPerUserWeek', atMost: 2 }
const PUSH: PriceTarget = { ...VOLUME, name: 'push', channel: 'push' }
const LOSSES: PriceTarget = { name: 'losses', measure: 'lossesPerThousandSends', atMost: 3 }

/** The same snapshot with prices of targets in its state. */
function priced(priceTargets: readonly PriceTarget[], prices: Readonly<Record<string, number>>): Snapshot {
  const snapshot = snapshotOf({ objectives: HAZARDS })
  const standing = (price: number): DualPrice => ({
    ...{ price, level: 1, gain: 1, error: 0, measured: 3, until: 0, atLimit: false },
  })
  const dualPrices = Object.fromEntries(Object.entries(prices).map(([name, price]) => [name, standing(price)]))
  return { ...snapshot, priceTargets, state: { ...snapshot.state, dualPrices } }
}

/** What each action costs more than without targets. */
function dearerBy(snapshot: Snapshot): readonly number[] {
  const [before, after] = [FREE, decide(snapshot, requestOf(TWO), FRESH)]
  expect(after.actions).toEqual(before.actions)
  after.scores.forEach((score, i) => {
    const price = after.prices[i]! - before.prices[i]!
    expect(score).toBeCloseTo(before.scores[i]! - price, 12)
  })
  return after.prices.map((price, i) => price - before.prices[i]!)
}

const FREE = decide(snapshotOf({ objectives: HAZARDS }), requestOf(TWO), FRESH)
const channelOf = (action: Decision['actions'][number]): string => (action.kind === 'hold' ? 'hold' : action.channel)

describe('a decision under targets', () => {
  it('charges a send what its channel and all channels must pay, and hold nothing', () => {
    const dearer = dearerBy(priced([VOLUME, PUSH], { volume: 0.25, push: 0.5 }))
    dearer.forEach((price, i) => {
      expect(price).toBeCloseTo({ hold: 0, push: 0.75, 'in-app': 0.25 }[channelOf(FREE.actions[i]!)]!, 12)
    })
  })

  it('charges for losses by how likely each send is to bring one', () => {
    const dearer = dearerBy(priced([LOSSES], { losses: 20 }))
    dearer.forEach((price, i) => {
      const channel = channelOf(FREE.actions[i]!)
      const lost = Object.values(channel === 'hold' ? {} : (FREE.losses[channel as 'push'] ?? {}))
      expect(price).toBeCloseTo(20 * lost.reduce((sum, chance) => sum + chance, 0), 12)
    })
    expect(Math.max(...dearer)).toBeGreaterThan(0.05)
  })

  it('holds more often at higher prices', () => {
    const holds = [0, 0.1, 0.5, 5].map(
      (volume) => chances(decide(priced([VOLUME], { volume }), requestOf(TWO), FRESH)).hold!,
    )
    expect(holds).toEqual([...holds].sort((a, b) => a - b))
    expect(holds.at(-1)).toBeGreaterThan(holds[0]! + 0.1)
  })

  it('explains itself: contributions sum to the score plus the price', () => {
    const snapshot = priced([VOLUME, LOSSES], { volume: 0.3, losses: 20 })
    const decision = decide(snapshot, requestOf(TWO), FRESH)
    decision.actions.slice(1).forEach((_, i) => {
      const contributions = contributionsOf(snapshot, { ...decision, chosen: i + 1 }, TWO)
      const sum = contributions.reduce((all, { contribution }) => all + contribution, 0)
      expect(sum).toBeCloseTo(decision.scores[i + 1]! + decision.prices[i + 1]!, 9)
    })
  })

  it('is what it was where a target has no price yet, or a price no target', () => {
    for (const snapshot of [priced([VOLUME, LOSSES], {}), priced([], { volume: 3 })])
      expect(decide(snapshot, requestOf(TWO), FRESH)).toEqual(FREE)
  })
})

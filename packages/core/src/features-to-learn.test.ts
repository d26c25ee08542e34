import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import type { Decision, Objective, Opportunity, OpportunityId, Snapshot } from './domain/index.ts'
import { encodeAgain } from './features-to-learn.ts'
import { FEATURES, NOW, OBJECTIVES, person, requestOf, snapshotOf, twoWordings } from './testing/decision-scene.ts'

const TWO = [twoWordings('a'), twoWordings('b', { features: { score: 0.1 } })]
const STORED: ReadonlyMap<OpportunityId, Opportunity> = new Map(TWO.map((each) => [each.id, each]))
const [CONVERSION, REACH] = OBJECTIVES as readonly [Objective, Objective]

const SCENES: readonly (readonly [string, Snapshot])[] = [
  ['effects', snapshotOf()],
  [
    'models of single sends that look ahead',
    snapshotOf({
      objectives: [
        { ...CONVERSION, model: 'response', worth: 40, habit: 0.02, lookAheadDays: 7 },
        { ...REACH, model: 'hazard', worthPerDay: 0.02 },
      ],
    }),
  ],
  [
    'hazards of the next visit',
    snapshotOf({
      objectives: [
        { ...CONVERSION, aggregate: 'any', windowHours: 24, model: 'visit' },
        { ...CONVERSION, name: 'revenue' },
      ],
    }),
  ],
  ['single messages', snapshotOf({ messages: { variants: {}, beliefs: ['conversion'], traits: {} } })],
]

function decided(snapshot: Snapshot, draw: number, orders = 3): Decision {
  const request = requestOf(TWO, { user: person({ traits: { orders } }) })
  return decide(snapshot, request, { now: NOW, random: () => draw })
}

describe('what a past decision is learned from', () => {
  it.each(SCENES)('is what it was, bit for bit, under the same snapshot: %s', (_what, snapshot) => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 0.999999, noNaN: true }),
        fc.integer({ min: -2, max: 9 }),
        (draw, orders) => {
          const decision = decided(snapshot, draw, orders)
          expect(encodeAgain(snapshot, decision, STORED)).toEqual(decision.learning)
        },
      ),
      { numRuns: 50 },
    )
  })

  it.each(SCENES)('survives being stored as JSON: %s', (_what, snapshot) => {
    const decision = decided(snapshot, 0.7)
    const stored: Decision = JSON.parse(JSON.stringify(decision))
    expect(encodeAgain(snapshot, stored, STORED)).toEqual(decision.learning)
  })

  it('is told in the columns of another snapshot', () => {
    const decision = decided(snapshotOf(), 0.7)
    const features = { ...FEATURES, features: [FEATURES.features[0]!], messageBuckets: 3 }
    const other = snapshotOf({ features })
    const again = encodeAgain(other, decision, STORED)!
    const made = decided(other, 0.7)
    expect(again.baseline).toEqual(made.learning!.baseline)
    expect(again.centred).toHaveLength(made.learning!.centred.length)
    // The same probabilities and the same choice: only the columns are others.
    const forced = { ...made, chosen: decision.chosen, probabilities: decision.probabilities }
    expect(again).toEqual(encodeAgain(other, forced, STORED))
  })

  it('is nothing where an opportunity or a wording is gone, or a message was mandatory', () => {
    const decision = decided(snapshotOf(), 0.7)
    const [first] = TWO as [Opportunity]
    expect(encodeAgain(snapshotOf(), decision, new Map([[first.id, first]]))).toBeNull()
    const reworded = { ...first, variants: [first.variants[0]!] }
    expect(encodeAgain(snapshotOf(), decision, new Map(STORED).set(first.id, reworded))).toBeNull()
    const mandatory = { ...decision, actions: decision.actions.slice(1) }
    expect(encodeAgain(snapshotOf(), mandatory, STORED)).toBeNull()
  })
})

import { describe, expect, it } from 'vitest'
import { decide, shapeOf } from './decide.ts'
import { chosenAction, decisionId, type FeatureSchema, type Objective, type Snapshot } from './domain/index.ts'
import { initialState, learn, type RewardedExample } from './learning/index.ts'
import { normalQuantile } from './numeric/index.ts'
import { randomFrom } from './random/index.ts'
import {
  groupsOf,
  NOW,
  OBJECTIVES,
  person,
  proposal,
  RULES,
  requestOf,
  snapshotOf,
  THOMPSON,
} from './testing/decision-scene.ts'

const OBJECTIVE: Objective = { ...OBJECTIVES[0]!, noiseSd: 1 }
const content = { push: { title: 'Hi' } }
const WORDINGS = proposal({
  message: 'sale',
  channels: ['push'],
  variants: ['plain', 'calm', 'loud'].map((name) => ({ name, content })),
})

function snapshotWith(features: FeatureSchema): Snapshot {
  const parts = { objectives: [OBJECTIVE], features, rules: RULES }
  const state = initialState(parts.objectives, shapeOf(parts), 0)
  return snapshotOf({ ...parts, groups: groupsOf('paloma', THOMPSON), state })
}

/** Shares of the variants among the last half of the sends, where `calm` brings .6 more than the others. */
function sharesAfter(features: FeatureSchema, rounds: number): Readonly<Record<string, number>> {
  const random = randomFrom('wordings')
  const prior = snapshotWith(features)
  let { state } = prior
  const counts: Record<string, number> = { plain: 0, calm: 0, loud: 0 }
  let sends = 0
  for (let round = 0; round < rounds; round += 1) {
    const examples: RewardedExample[] = []
    for (let i = 0; i < 50; i += 1) {
      const request = requestOf([WORDINGS], { decisionId: decisionId(`${round}-${i}`), user: person() })
      const decision = decide({ ...prior, state }, request, { now: NOW, random })
      const action = chosenAction(decision)
      const name = action.kind === 'send' ? action.variant : 'hold'
      const effect = name === 'hold' ? 0 : name === 'calm' ? 0.9 : 0.3
      if (round >= rounds / 2 && name !== 'hold') {
        counts[name]! += 1
        sends += 1
      }
      const { baseline, centred } = decision.learning!
      examples.push({ features: [...baseline, ...centred], reward: 1 + effect + normalQuantile(random()) })
    }
    const batch = { conversion: { examples, until: NOW } }
    state = learn(state, batch, { at: NOW, keep: 1, prior: prior.state, objectives: [OBJECTIVE] })
  }
  return Object.fromEntries(Object.entries(counts).map(([name, n]) => [name, n / sends]))
}

describe('wordings of which nothing is declared', () => {
  it('are told apart by their indicators, and the better one is sent', () => {
    const shares = sharesAfter({ features: [], messageBuckets: 4, variantBuckets: 4 }, 40)
    expect(shares.calm).toBeGreaterThan(0.75)
  })

  it('are all one without', () => {
    const shares = sharesAfter({ features: [], messageBuckets: 4 }, 40)
    for (const share of Object.values(shares)) expect(Math.abs(share - 1 / 3)).toBeLessThan(0.06)
  })
})

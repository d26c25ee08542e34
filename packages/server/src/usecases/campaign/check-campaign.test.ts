import { randomFrom } from '@paloma/core'
import { describe, expect, it } from 'vitest'
import type { CampaignRow } from './cells.ts'
import { learnCampaign } from './learn-campaign.ts'
import type { CampaignMapping } from './mapping.ts'
import { DEFAULT_PLAN_POLICY, planCampaign } from './plan-campaign.ts'
import { summarisePlan } from './summarise-plan.ts'
import { SAMPLE_MAPPING } from './testing/sample-campaign.ts'

const MAPPING: CampaignMapping = {
  ...SAMPLE_MAPPING,
  user: { rowNumber: true },
  propensity: { columns: { none: 'p0', A: 'p1', B: 'p2', C: 'p3' } },
  outcomes: { visit: { column: 'visit', weight: 1, unit: 'visits' } },
  features: {},
}
const ARMS = ['none', 'A', 'B', 'C'] as const

interface Past {
  readonly seed: string
  readonly users: number
  /** Stated, of none, A, B and C. */
  readonly propensities: readonly [number, number, number, number]
  /** Chances of a visit. */
  readonly rates: readonly [number, number, number, number]
  /** With which the actions were drawn; default as stated. */
  readonly drawn?: readonly number[]
}

function past({ seed, users, propensities, rates, drawn = propensities }: Past): readonly CampaignRow[] {
  const random = randomFrom(seed)
  const [p0, p1, p2, p3] = propensities
  return Array.from({ length: users }, () => {
    const u = random()
    const arm = drawn.findIndex((_, a) => u < drawn.slice(0, a + 1).reduce((sum, p) => sum + p, 0))
    return { arm: ARMS[arm]!, visit: random() < rates[arm]! ? 1 : 0, p0, p1, p2, p3 }
  })
}

/** Learns where every action was taken often, and checks on a past that may be otherwise. */
function checkedOn(other: Past) {
  const even = [0.25, 0.25, 0.25, 0.25] as const
  const taught = past({ seed: 'taught', users: 8_000, propensities: even, rates: other.rates })
  const learned = learnCampaign(MAPPING, taught)
  const rows = past(other)
  const plan = planCampaign(learned, rows, { limits: {}, policy: DEFAULT_PLAN_POLICY, seed: '1' })
  const summary = summarisePlan(learned, plan, { rows, past: rows })
  return { ...summary, check: summary.check! }
}

describe('checking a plan on a past campaign', () => {
  const rates = [0.004, 0.008, 0.02, 0.004] as const

  it('claims nothing over an action that hardly anybody got, though none of the few came', () => {
    const rare = checkedOn({ seed: 'rare', users: 4_000, propensities: [0.3, 0.495, 0.005, 0.2], rates })
    expect(rare.bestFixed.action).toBe('women')
    expect(rare.check.combined).toMatchObject({ bestFixed: null, difference: null })
    expect(rare.verdict).toMatchObject({ isGainShown: false, sentence: expect.stringMatching(/says too little/) })
  })

  it('claims nothing over an action that nobody could get', () => {
    const { check, verdict } = checkedOn({ seed: 'never', users: 4_000, propensities: [0.3, 0.5, 0, 0.2], rates })
    expect(check.combined).toMatchObject({ bestFixed: null, difference: null })
    expect(verdict.isGainShown).toBe(false)
  })

  it('claims nothing where the stated probabilities are not those of the draw, and says by how much', () => {
    const even = [0.25, 0.25, 0.25, 0.25] as const
    const { check, verdict } = checkedOn({
      seed: 'false',
      users: 8_000,
      propensities: even,
      drawn: [0.4, 0.2, 0.2, 0.2],
      rates: [0.01, 0.01, 0.05, 0.01],
    })
    expect(check.meanWeight.plan).toBeLessThan(0.85)
    expect(check.meanWeight.couldBeOne).toBe(false)
    expect(verdict.isGainShown).toBe(false)
    expect(verdict.sentence).toMatch(/weights average 0\.8\d* and 0\.8\d* where both should be 1/)
  })

  it('finds the weights of a past that is as it says right', () => {
    const shown = checkedOn({ seed: 'true', users: 8_000, propensities: [0.4, 0.2, 0.2, 0.2], rates })
    expect(shown.check.meanWeight.couldBeOne).toBe(true)
    expect(shown.check.combined.difference).not.toBeNull()
  })
})

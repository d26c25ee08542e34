import { describe, expect, it } from 'vitest'
import type { PolicySpec } from '../domain/index.ts'
import { chiSquareUpper } from '../numeric/index.ts'
import { hash53, randomFrom } from '../random/index.ts'
import { distributionFor } from './distribution-for.ts'
import { sampleIndex } from './sample-index.ts'
import { inputOf } from './testing/policy-input.ts'

const CONTEXTS = 500
const REDRAWS = 20_000

const THOMPSON = { kind: 'thompson', floor: 0.02, sharpness: 1 } as const
const POLICIES: readonly PolicySpec[] = [
  THOMPSON,
  { kind: 'thompsonDraws', draws: 4096, floor: 0.02, sharpness: 2 },
  { kind: 'squareCb', gamma: 20, floor: 0.01 },
  { kind: 'softmax', temperature: 0.3, floor: 0.02 },
  { kind: 'epsilonGreedy', epsilon: 0.1 },
  { kind: 'bounded', policy: THOMPSON, budget: { share: 0.3 }, caps: { email: 0.8 } },
]

/** A decision of one of the policies over 2 to 12 actions, and how often each action comes in redraws by other ids. */
function redraw(context: number) {
  const random = randomFrom(`logged draws ${context}`)
  const sends = 1 + Math.floor(11 * random())
  const column = () => Array.from({ length: sends }, () => random())
  const input = { ...inputOf(column(), column()), decisionId: `context ${context}` }
  const probabilities = distributionFor(POLICIES[context % POLICIES.length]!, input)
  const counts = new Float64Array(probabilities.length)
  for (let n = 0; n < REDRAWS; n++) {
    const chosen = sampleIndex(probabilities, hash53(`decision ${context}/${n}`, 'snapshot', '0'))
    counts[chosen] = counts[chosen]! + 1
  }
  return { probabilities, counts }
}

/** Pearson's test; cells that expect fewer than five draws count as one. */
function pValue({ probabilities, counts }: ReturnType<typeof redraw>): number {
  let statistic = 0
  let cells = 0
  const rare = { expected: 0, count: 0 }
  probabilities.forEach((p, k) => {
    const expected = REDRAWS * p
    if (expected < 5) {
      rare.expected += expected
      rare.count += counts[k]!
      return
    }
    statistic += (counts[k]! - expected) ** 2 / expected
    cells += 1
  })
  if (rare.expected >= 5) {
    statistic += (rare.count - rare.expected) ** 2 / rare.expected
    cells += 1
  }
  return cells < 2 ? 1 : chiSquareUpper(statistic, cells - 1)
}

describe('what is logged and what is drawn', () => {
  const redraws = Array.from({ length: CONTEXTS }, (_, context) => redraw(context))

  it('agree by χ² with p > .001 in at least 99.5 % of contexts', () => {
    const rejected = redraws.filter((one) => pValue(one) <= 0.001).length
    expect(rejected).toBeLessThanOrEqual(0.005 * CONTEXTS)
  })

  it('give p values that are uniform', () => {
    const deciles = new Float64Array(10)
    for (const one of redraws) {
      const cell = Math.min(9, Math.floor(10 * pValue(one)))
      deciles[cell] = deciles[cell]! + 1
    }
    const statistic = deciles.reduce((sum, n) => sum + (n - CONTEXTS / 10) ** 2 / (CONTEXTS / 10), 0)
    expect(chiSquareUpper(statistic, 9)).toBeGreaterThan(0.001)
  })

  it('have a mean of 1/p that is the number of actions', () => {
    let difference = 0
    let variance = 0
    for (const { probabilities, counts } of redraws) {
      const actions = probabilities.length
      const mean = counts.reduce((sum, n, k) => sum + n / probabilities[k]!, 0) / REDRAWS
      // Var(1/p) = Σ 1/p − K².
      const single = probabilities.reduce((sum, p) => sum + 1 / p, 0) - actions ** 2
      expect(Math.abs(mean - actions)).toBeLessThan(5 * Math.sqrt(single / REDRAWS) + 1e-9)
      difference += mean / actions - 1
      variance += single / REDRAWS / actions ** 2
    }
    expect(Math.abs(difference)).toBeLessThan(4 * Math.sqrt(variance))
  })
})

import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/off-policy-units.json' with { type: 'json' }
import { slateScores } from './evaluate-slates.ts'

const ratio = (target: readonly number[], logging: readonly number[]) =>
  Float64Array.from(target, (p, k) => p / logging[k]!)

describe('slate estimators', () => {
  it.each(cases.slates)('agree with Open Bandit Pipeline: $name', (each) => {
    const found = slateScores(each, {
      rewards: each.rewards,
      weights: {
        joint: ratio(each.jointTarget, each.joint),
        position: ratio(each.positionTarget, each.position),
        prefix: ratio(each.prefixTarget, each.prefix),
      },
      predictions: each,
    })
    const values: Readonly<Record<string, number>> = each.values
    for (const { name, scores } of found) {
      if (name === 'snCascadeDr') continue
      const mean = scores!.reduce((sum, score) => sum + score, 0) / scores!.length
      expect(mean, name).toBeCloseTo(values[name]!, 9)
    }
    expect(found.map(({ name }) => name)).toHaveLength(Object.keys(values).length + 1)
  })
})

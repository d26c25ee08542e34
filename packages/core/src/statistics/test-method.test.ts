import { describe, expect, it } from 'vitest'
import { normalQuantile, tQuantile } from '../numeric/index.ts'
import { groupSequentialBounds } from './group-sequential-bounds.ts'
import { criticalValue, isOver } from './test-method.ts'

describe('criticalValue', () => {
  it('is a quantile for one look, of t where degrees of freedom are few', () => {
    expect(criticalValue({ kind: 'fixed', isDue: true }, { alpha: 0.05, dof: null })).toBeCloseTo(
      normalQuantile(0.95),
      12,
    )
    expect(criticalValue({ kind: 'fixedPower' }, { alpha: 0.05, dof: 7 })).toBeCloseTo(tQuantile(0.95, 7), 9)
    expect(criticalValue({ kind: 'fixed', isDue: false }, { alpha: 0.05, dof: null })).toBeNull()
  })

  it('is the bound of the last look, the same when asked again, and none where that takes no test', () => {
    const method = { kind: 'groupSequential', fractions: [0.3, 0.7] } as const
    const bound = groupSequentialBounds({ alpha: 0.05, fractions: [0.3, 0.7] }).looks[1]!.bound!
    expect(criticalValue(method, { alpha: 0.05, dof: null })).toBe(bound)
    expect(criticalValue(method, { alpha: 0.05, dof: null })).toBe(bound)
    expect(criticalValue({ ...method, isFinal: true }, { alpha: 0.05, dof: null })).toBeLessThan(bound)
    expect(criticalValue({ ...method, fractions: [0.3, 0.3] }, { alpha: 0.05, dof: null })).toBeNull()
    expect(criticalValue({ ...method, fractions: [] }, { alpha: 0.05, dof: null })).toBeNull()
  })

  it('widens a sequential bound for few degrees of freedom by the tail it stands for', () => {
    const method = { kind: 'groupSequential', fractions: [0.3] } as const
    const [wide, narrow] = [30, null].map((dof) => criticalValue(method, { alpha: 0.05, dof })!) as [number, number]
    expect(wide).toBeGreaterThan(narrow)
    expect(criticalValue(method, { alpha: 0.05, dof: 1e7 })).toBeCloseTo(narrow, 5)
  })
})

describe('isOver', () => {
  it.each([
    [{ kind: 'fixed', isDue: true }, true],
    [{ kind: 'fixed', isDue: false }, false],
    [{ kind: 'groupSequential', fractions: [0.5] }, false],
    [{ kind: 'groupSequential', fractions: [0.5], isFinal: true }, true],
    [{ kind: 'groupSequential', fractions: [0.5, 1.02] }, true],
    [{ kind: 'confidenceSequence', n: 10, expectedN: 5 }, false],
  ] as const)('says of %o: %s', (method, expected) => {
    expect(isOver(method)).toBe(expected)
  })
})

import { describe, expect, it } from 'vitest'
import type { FileSpec } from './contract.ts'
import { parseSpec } from './load-spec.ts'
import { isSkewnessNeeded } from './skewness-needed.ts'

const specWith = (skewness: 'corrected' | 'ignored'): FileSpec =>
  parseSpec(
    {
      experiment: 'x',
      variants: ['control', 'new'].map((name) => ({ name, weight: 0.5 })),
      control: 'control',
      sequential: { kind: 'fixed' },
      skewness,
      metrics: [{ name: 'm', metricType: 'mean', numerator: { column: 'm' }, role: 'exploratory' }],
    },
    'test',
  )

const exposures = (cells: readonly (readonly [phase: string | null, control: number, treatment: number])[]) => {
  const exposed = cells.flatMap(([phase, control, treatment]) => [
    { variant: 'control', phase, day: null, users: control },
    { variant: 'new', phase, day: null, users: treatment },
  ])
  return { exposed, users: exposed.reduce((sum, { users }) => sum + users, 0) }
}

describe('third moments', () => {
  it.each([
    ['of few users, however they are split', 'corrected', [[null, 200, 200]], true],
    ['of many in unequal groups', 'corrected', [[null, 600_000, 300_000]], true],
    [
      'of many in a phase of its own split',
      'corrected',
      [
        ['a', 500_000, 500_000],
        ['b', 90_000, 10_000],
      ],
      true,
    ],
    ['not of many in equal groups', 'corrected', [[null, 400_000, 410_000]], false],
    ['not where they are ignored', 'ignored', [[null, 200, 900]], false],
  ] as const)('are gathered %s', (_, skewness, cells, isNeeded) => {
    expect(isSkewnessNeeded(specWith(skewness), exposures(cells))).toBe(isNeeded)
  })
})

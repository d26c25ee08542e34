import { describe, expect, it } from 'vitest'
import type { Exploration } from '../experiment-answers.ts'
import { explorationTables } from './exploration-tables.ts'

const exploration: Exploration = {
  bayesian: [
    {
      metric: 'visits',
      prior: { mean: 0, stddev: 0.3 },
      variants: [
        { variant: 'control', chanceBest: 0.0000004, expectedLoss: 0.2 },
        { variant: 'calm', chanceBest: 0.5, expectedLoss: 0.01 },
      ],
    },
    { metric: 'orders', prior: { mean: 0, stddev: 0.3 }, words: 'all values are alike', variants: null },
  ],
  novelty: [],
  interactions: [
    {
      experiment: 'hours',
      beside: 'late',
      treatment: 'calm',
      metric: 'visits',
      interaction: { kind: 'undefined', words: 'too few users', mean: null },
      pValue: null,
      qValue: null,
      isDiscovery: false,
    },
  ],
}

describe('explorationTables', () => {
  it('shows the questions that have an answer, and a reason where a row has none', () => {
    const tables = explorationTables(exploration)
    expect(tables.map(({ title }) => title)).toEqual([
      'Which variant is best: the Bayesian view',
      'Interactions with other experiments',
    ])
    expect(tables[0]?.rows.map((row) => row[2])).toEqual(['< 0.1\u00a0%', '50\u00a0%', 'all values are alike'])
    expect(tables[1]?.rows[0]?.slice(2)).toEqual(['hours: late', 'too few users', '\u2013', '\u2013', 'no'])
  })

  it('gives every row a cell per column', () => {
    for (const { columns, rows } of explorationTables(exploration)) {
      for (const row of rows) expect(row).toHaveLength(columns.length)
    }
  })
})

import { describe, expect, it } from 'vitest'
import type { ExperimentAnswer } from '../experiment-answers.ts'
import { decisionText, inOrder, splitText, standing } from './experiment-words.ts'

const design = {
  key: 'calm',
  variants: [{ name: 'control' }, { name: 'calm' }],
  weights: { control: 500_000, calm: 500_000 },
} as unknown as ExperimentAnswer['design']

const draft: ExperimentAnswer = {
  design,
  status: 'draft',
  createdAt: '2026-03-01T00:00:00.000Z',
  phases: [],
  end: null,
}
const running: ExperimentAnswer = {
  ...draft,
  design: { ...design, key: 'zeal' },
  status: 'running',
  phases: [
    { since: '2026-03-02T09:30:00.000Z', traffic: 100_000, weights: { control: 500_000, calm: 500_000 } },
    { since: '2026-03-05T09:30:00.000Z', traffic: 1_000_000, weights: { control: 900_000, calm: 100_000 } },
  ],
}
const stopped: ExperimentAnswer = {
  ...running,
  status: 'stopped',
  end: { at: '2026-04-01T12:00:00.000Z', decision: 'doNotShip', reason: 'no gain' },
}

describe('words about experiments', () => {
  it('puts running ones first', () => {
    expect(inOrder([stopped, draft, running]).map(({ status }) => status)).toEqual(['running', 'draft', 'stopped'])
  })

  it('says since when it runs and with how much of its traffic now', () => {
    expect(standing(running)).toBe('running since 2026-03-02 09:30 UTC, 100\u00a0% of its users')
    expect(standing(draft)).toBe('draft')
    expect(standing(stopped)).toBe('stopped 2026-04-01 12:00 UTC: do not ship (no gain)')
  })

  it('shows the split of the current phase, of a draft the one designed', () => {
    expect(splitText(running)).toBe('control 90\u00a0%, calm 10\u00a0%')
    expect(splitText(draft)).toBe('control 50\u00a0%, calm 50\u00a0%')
  })

  it('says nothing of a decision that was not taken', () => {
    expect(decisionText(running)).toBe('')
  })
})

import { describe, expect, it } from 'vitest'
import { exposurePoints } from './exposure-lines.ts'

const variants = [
  { name: 'control', weight: 0.5, users: 5 },
  { name: 'calm', weight: 0.5, users: 4 },
]

describe('exposurePoints', () => {
  it('adds up day by day, days in order, also where a variant gained nobody', () => {
    const exposures = [
      { variant: 'control', day: '2026-03-03', users: 2 },
      { variant: 'control', day: '2026-03-02', users: 3 },
      { variant: 'calm', day: '2026-03-02', users: 4 },
    ]
    expect(exposurePoints({ exposures, variants })).toEqual([
      { day: '2026-03-02', variant: 'control', users: 3 },
      { day: '2026-03-03', variant: 'control', users: 5 },
      { day: '2026-03-02', variant: 'calm', users: 4 },
      { day: '2026-03-03', variant: 'calm', users: 4 },
    ])
  })

  it('has no point where nobody was exposed', () => {
    expect(exposurePoints({ exposures: [], variants })).toEqual([])
  })
})

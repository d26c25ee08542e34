import { randomFrom } from '@paloma/core'
import type { CampaignRow } from '../cells.ts'
import type { CampaignMapping } from '../mapping.ts'

/** Two sends; `men` helps users with `likes` = 1, `women` those with 0, and `push` nobody; hold keeps a third. */
export const SAMPLE_MAPPING: CampaignMapping = {
  user: { column: 'id' },
  action: {
    column: 'arm',
    values: {
      none: 'hold',
      A: { name: 'men', channel: 'email' },
      B: { name: 'women', channel: 'email' },
      C: { name: 'nudge', channel: 'push' },
    },
  },
  propensity: { constant: { none: 0.4, A: 0.3, B: 0.2, C: 0.1 } },
  outcomes: {
    visit: { column: 'visit', weight: 1, unit: 'visits' },
    spend: { column: 'spend', weight: 0.1, unit: 'EUR' },
  },
  features: {
    age: { kind: 'number' },
    likes: { kind: 'boolean' },
    region: { kind: 'category' },
    history: { kind: 'number', log1p: true },
  },
}

const ARMS = ['none', 'A', 'B', 'C'] as const
const CUTS = [0.4, 0.7, 0.9] as const

/** True effect on the visit rate, against none. */
export function trueEffect(arm: (typeof ARMS)[number], likes: boolean, strength: number): number {
  if (arm === 'A') return likes ? strength : -strength / 2
  if (arm === 'B') return likes ? -strength / 2 : strength
  return 0
}

/** A randomised past campaign with known effects of the size `strength`. */
export function sampleRows(
  users: number,
  options: { readonly seed: string; readonly strength: number },
): CampaignRow[] {
  const random = randomFrom(options.seed)
  return Array.from({ length: users }, (_, i) => {
    const likes = random() < 0.5
    const age = 20 + Math.floor(60 * random())
    const u = random()
    const arm = ARMS[CUTS.filter((cut) => u >= cut).length]!
    const rate = 0.2 + 0.1 * ((age - 50) / 30) + trueEffect(arm, likes, options.strength)
    return {
      id: `user-${i}`,
      age: String(age),
      likes: likes ? '1' : '0',
      region: random() < 0.7 ? 'north' : 'south',
      history: (300 * random() ** 3).toFixed(2),
      arm,
      visit: random() < rate ? '1' : '0',
      spend: random() < rate / 5 ? '10' : '0',
    }
  })
}

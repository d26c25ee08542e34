import { randomFrom } from '@paloma/core'
import type { CampaignRow } from '../cells.ts'
import type { CampaignMapping } from '../mapping.ts'

/** Digests of two messages; `news` brings a visit of its own, and takes most of it from an `offer` right after it. */
export const SLATE_MAPPING: CampaignMapping = {
  user: { column: 'user' },
  decision: { column: 'digest' },
  slate: { position: 'position' },
  action: {
    column: 'done',
    values: { none: 'hold', N: { name: 'news', channel: 'email' }, O: { name: 'offer', channel: 'email' } },
  },
  propensity: { columns: { none: 'p0', N: 'p1', O: 'p2' } },
  outcomes: { visit: { column: 'visit', weight: 1, unit: 'visits' } },
  features: {},
}

const GIVEN: Readonly<Record<string, readonly number[]>> = {
  '': [0.2, 0.4, 0.4],
  none: [0.2, 0.4, 0.4],
  N: [0.2, 0.3, 0.5],
  O: [0.2, 0.5, 0.3],
}

/** Rows of `count` digests, two a user, positions in turn last and first. */
export function slateRows(count: number, key: string): CampaignRow[] {
  const random = randomFrom(key)
  return Array.from({ length: count }, (_, digest) => {
    let before = ''
    const positions = [1, 2].map((position): CampaignRow => {
      const p = GIVEN[before]!
      const u = random()
      const place = u < p[0]! ? 0 : u < p[0]! + p[1]! ? 1 : 2
      const done = ['none', 'N', 'O'][place]!
      const rate = { none: 0.05, N: 0.3, O: before === 'N' ? 0.1 : 0.4 }[done]!
      before = done
      return {
        user: `u${digest >> 1}`,
        digest,
        position,
        done,
        p0: p[0]!,
        p1: p[1]!,
        p2: p[2]!,
        visit: Number(random() < rate),
      }
    })
    return digest % 2 === 0 ? positions : positions.reverse()
  }).flat()
}

/** The target, one row a position: news first, then nothing after news and an offer after anything else, mostly. */
export function slateTarget(rows: readonly CampaignRow[]): CampaignRow[] {
  const first = new Map(rows.filter(({ position }) => position === 1).map(({ digest, done }) => [digest, done]))
  return rows.map(({ digest, position }) => {
    const p = position === 1 ? [0.1, 0.3, 0.6] : first.get(digest!) === 'N' ? [0.5, 0.4, 0.1] : [0.1, 0.2, 0.7]
    return { digest: digest!, position: position!, p_hold: p[0]!, p_news: p[1]!, p_offer: p[2]! }
  })
}

/** What the target brings per digest. */
export const SLATE_TRUTH =
  0.1 * 0.05 +
  0.3 * 0.3 +
  0.6 * 0.4 +
  0.3 * (0.5 * 0.05 + 0.4 * 0.3 + 0.1 * 0.1) +
  0.7 * (0.1 * 0.05 + 0.2 * 0.3 + 0.7 * 0.4)

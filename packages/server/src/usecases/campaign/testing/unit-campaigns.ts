import { randomFrom } from '@paloma/core'
import type { CampaignRow } from '../cells.ts'
import type { CampaignMapping } from '../mapping.ts'

const ACTION = {
  column: 'done',
  values: { none: 'hold', A: { name: 'mail', channel: 'email' } },
} as const

/** Users who tire: a mail brings a visit to the fresh, and makes tired. */
export const TRAJECTORY_MAPPING: CampaignMapping = {
  user: { column: 'user' },
  action: ACTION,
  propensity: { columns: { none: 'p0', A: 'p1' } },
  outcomes: { visit: { column: 'visit', weight: 1, unit: 'visits' } },
  features: { tired: { kind: 'boolean' } },
  steps: { time: 'at', gammaPerDay: 0.9 },
}

/** Four decisions a user, one a day, rows of all users by day; `best` mails the fresh alone. */
export function trajectoryRows(users: number, key: string): CampaignRow[] {
  const random = randomFrom(key)
  const tired = new Uint8Array(users)
  return Array.from({ length: 4 }, (_, day) =>
    Array.from({ length: users }, (__, user): CampaignRow => {
      const was = tired[user]!
      const isSent = random() < 0.5
      tired[user] = Number(random() < (isSent ? 0.8 : 0.1))
      return {
        user: `u${user}`,
        at: `2026-05-0${day + 1}T08:00:00Z`,
        tired: was,
        done: isSent ? 'A' : 'none',
        p0: 0.5,
        p1: 0.5,
        visit: Number(isSent && random() < (was === 1 ? 0.1 : 0.8)),
        best: was === 1 ? 'none' : 'A',
      }
    }),
  ).flat()
}

/** What mailing the fresh alone, or everybody every time, brings per user. */
export function trajectoryTruth(isBest: boolean): number {
  let [value, fresh] = [0, 1]
  for (let day = 0; day < 4; day++) {
    const [sentFresh, sentTired] = [fresh, isBest ? 0 : 1 - fresh]
    value += 0.9 ** day * (0.8 * sentFresh + 0.1 * sentTired)
    fresh = 0.2 * (sentFresh + sentTired) + 0.9 * (1 - sentFresh - sentTired)
  }
  return value
}

/** Mails at an hour drawn over the day; those who like the evening open at 20, others at 8. */
export const MOMENT_MAPPING: CampaignMapping = {
  user: { rowNumber: true },
  decision: { column: 'id' },
  action: ACTION,
  propensity: { uniform: true },
  outcomes: { open: { column: 'open', weight: 1, unit: 'opens' } },
  features: { evening: { kind: 'boolean' } },
  moment: { column: 'hour', density: 'density', period: 24 },
}

export function momentRows(count: number, key: string): CampaignRow[] {
  const random = randomFrom(key)
  return Array.from({ length: count }, (_, id): CampaignRow => {
    const evening = Number(random() < 0.5)
    const isHeld = random() < 0.2
    const hour = 24 * random()
    const rate = 0.5 + 0.4 * Math.cos((2 * Math.PI * (hour - (evening ? 20 : 8))) / 24)
    if (isHeld) return { id, evening, done: 'none', hour: '', density: '', open: 0, best: '' }
    return { id, evening, done: 'A', hour, density: 1 / 24, open: Number(random() < rate), best: evening ? 20 : 8 }
  })
}

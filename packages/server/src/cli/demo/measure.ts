import { DAY_MS, GROUPS } from '@paloma/core/domain'
import type { PalomaClient, WireGroupComparison } from '@paloma/sdk'
import type { Audience } from './audience.ts'
import type { DailyGroupPoint } from './report/index.ts'

/** What the server's own log says about the days. */
export interface Measured {
  readonly comparison: WireGroupComparison
  readonly daily: readonly DailyGroupPoint[]
  readonly replay: { readonly checked: number; readonly identical: number }
}

type MeasureOptions = {
  readonly client: PalomaClient
  readonly audience: Pick<Audience, 'startAt' | 'days'>
  readonly onProgress: (text: string) => void
}

/** Reach and combined value up to the end of each day, and the sends of that day alone. */
async function dailyPoints({ client, audience, onProgress }: MeasureOptions): Promise<readonly DailyGroupPoint[]> {
  const { startAt, days } = audience
  const points: DailyGroupPoint[] = []
  const before: Record<string, number> = {}
  for (let day = 1; day <= days; day += 1) {
    onProgress(`reading the log: day ${day} of ${days}`)
    const { groups } = await client.groups.compare(startAt, startAt + day * DAY_MS)
    for (const group of GROUPS) {
      const { reach, sendsPerUser, combined } = groups[group]!
      const sends = sendsPerUser - (before[group] ?? 0)
      points.push({ day, group, reach, sendsPerUser: sends, combinedPerUser: combined.mean })
      before[group] = sendsPerUser
    }
  }
  return points
}

/** Compares the groups from the log alone, and computes every decision again. */
export async function measure(options: MeasureOptions): Promise<Measured> {
  const { client, audience, onProgress } = options
  const { startAt, days } = audience
  const daily = await dailyPoints(options)
  const comparison = await client.groups.compare(startAt, startAt + days * DAY_MS)
  let [checked, identical] = [0, 0]
  for (let day = 0; day <= days; day += 1) {
    onProgress(`replaying decisions: ${checked} done`)
    const audit = await client.decisions.audit(new Date(startAt + day * DAY_MS).toISOString().slice(0, 10))
    checked += audit.checked
    identical += audit.identical
  }
  return { comparison, daily, replay: { checked, identical } }
}

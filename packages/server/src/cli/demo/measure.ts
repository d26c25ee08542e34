import { DAY_MS, GROUPS, type Group } from '@paloma/core/domain'
import type { PalomaClient, WireGroupComparison, WireInterval } from '@paloma/sdk'
import type { GroupComparison, GroupResult, Interval } from '../../usecases/contract.ts'
import type { Audience } from './audience.ts'
import { PERSON } from './parallel-world.ts'
import type { DailyGroupPoint } from './report/index.ts'

/** What the server's own log says about the days. */
export interface Measured {
  readonly comparison: Pick<GroupComparison, 'level' | 'groups' | 'differences'> &
    Pick<WireGroupComparison, 'from' | 'until'>
  readonly daily: readonly DailyGroupPoint[]
  readonly replay: { readonly checked: number; readonly identical: number }
}

type MeasureOptions = {
  readonly client: PalomaClient
  readonly audience: Pick<Audience, 'startAt' | 'days'>
  readonly onProgress: (text: string) => void
  /** Groups are of different people: nothing to match. */
  readonly strangers: boolean
}

/** Reach and combined value up to the end of each day, and the sends of that day alone. */
async function dailyPoints({ client, audience, onProgress }: MeasureOptions): Promise<readonly DailyGroupPoint[]> {
  const { startAt, days } = audience
  const points: DailyGroupPoint[] = []
  const before: Record<string, number> = {}
  for (let day = 1; day <= days; day += 1) {
    onProgress(`reading the log: day ${day} of ${days}`)
    const { groups } = read(await client.groups.compare(startAt, startAt + day * DAY_MS))
    for (const group of GROUPS) {
      const { reach, sendsPerUser, combined } = groups[group]
      const sends = sendsPerUser - (before[group] ?? 0)
      points.push({ day, group, reach, sendsPerUser: sends, combinedPerUser: combined.mean })
      before[group] = sendsPerUser
    }
  }
  return points
}

/** Compares the groups from the log alone, person by person where people live in all of them, and computes every decision again. */
export async function measure(options: MeasureOptions): Promise<Measured> {
  const { client, audience, onProgress, strangers } = options
  const { startAt, days } = audience
  const daily = await dailyPoints(options)
  const matched = strangers ? {} : { matchedBy: PERSON }
  const comparison = read(await client.groups.compare(startAt, startAt + days * DAY_MS, matched))
  let [checked, identical] = [0, 0]
  for (let day = 0; day <= days; day += 1) {
    onProgress(`replaying decisions: ${checked} done`)
    const audit = await client.decisions.audit(new Date(startAt + day * DAY_MS).toISOString().slice(0, 10))
    checked += audit.checked
    identical += audit.identical
  }
  return { comparison, daily, replay: { checked, identical } }
}

/** A comparison as it was before it became JSON: what is unknown is not a number. */
function read(comparison: WireGroupComparison): Measured['comparison'] {
  const groupOf = (name: Group): GroupResult => {
    const group = comparison.groups[name]!
    const objectives = mapValues(group.objectives, intervalOf)
    return { ...group, reach: group.reach ?? Number.NaN, objectives, combined: intervalOf(group.combined) }
  }
  return {
    ...comparison,
    groups: {
      paloma: groupOf('paloma'),
      businessAsUsual: groupOf('businessAsUsual'),
      random: groupOf('random'),
      holdout: groupOf('holdout'),
    },
    differences: mapValues(comparison.differences, (pair) => mapValues(pair, intervalOf)),
  }
}

function intervalOf({ mean, low, high }: WireInterval): Interval {
  return { mean: mean ?? Number.NaN, low: low ?? Number.NaN, high: high ?? Number.NaN }
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Readonly<Record<string, B>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]))
}

import { DAY_MS, type EpochMs } from '../../domain/index.ts'
import { createClock, type WorldClock } from '../clock.ts'
import type { WorldLog } from './world-log.ts'

/** What the clocks of a log's users show. Users without a zone count as living in UTC. */
export interface LogClock {
  /** The world day of a moment, from 0; may lie outside the log. */
  dayOf(at: EpochMs): number
  localHour(user: number, at: EpochMs): number
  isWeekend(user: number, day: number): boolean
}

/** Tabulates the zones that occur. */
export function logClock({ startAt, days, users }: WorldLog): LogClock {
  const zones = [...new Set(users.map(({ timeZone }) => timeZone ?? 'UTC'))]
  const clock: WorldClock = createClock(zones, startAt, days)
  const zoneOf = users.map(({ timeZone }) => zones.indexOf(timeZone ?? 'UTC'))
  return {
    dayOf: (at) => Math.floor((at - startAt) / DAY_MS),
    localHour: (user, at) => clock.localHour(zoneOf[user]!, at),
    isWeekend: (user, day) => clock.isWeekend(zoneOf[user]!, day),
  }
}

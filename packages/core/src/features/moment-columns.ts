import { type EpochMs, type LocalTime, localTime, MINUTE_MS } from '../domain/index.ts'

const MINUTES_PER_DAY = 1440
/** Saturdays and Sundays, with Monday = 0. */
const FIRST_WEEKEND_DAY = 5

/** What a wall clock contributes: time of day on a circle, and the weekend. */
export interface MomentColumns {
  readonly zone: string
  readonly at: EpochMs
  readonly sine: number
  readonly cosine: number
  readonly weekend: number
  /** The same on a circle of half a day. */
  readonly sine2: number
  readonly cosine2: number
  /** Local time minus UTC. */
  readonly offsetMs: number
}

/** Distance of the wall clock from UTC, in whole minutes. */
function offsetOf({ dayNumber, minuteOfDay }: LocalTime, at: EpochMs): number {
  return (dayNumber * MINUTES_PER_DAY + minuteOfDay - Math.floor(at / MINUTE_MS)) * MINUTE_MS
}

function momentColumns(zone: string, at: EpochMs): MomentColumns {
  const local = localTime(zone, at)
  const angle = (2 * Math.PI * local.minuteOfDay) / MINUTES_PER_DAY
  const weekend = local.dayOfWeek >= FIRST_WEEKEND_DAY ? 1 : 0
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)]
  const twice = { sine2: 2 * sine * cosine, cosine2: 2 * cosine * cosine - 1 }
  return { zone, at, sine, cosine, weekend, ...twice, offsetMs: offsetOf(local, at) }
}

/** Writes the three columns of the whole day. */
export function putMoment({ sine, cosine, weekend }: MomentColumns, out: Float64Array, offset: number): void {
  out[offset] = sine
  out[offset + 1] = cosine
  out[offset + 2] = weekend
}

/** A memo of one: nearly all actions of a decision share a moment. */
export function recentMoment(): (zone: string, at: EpochMs) => MomentColumns {
  let recent = momentColumns('UTC', 0)
  return (zone, at) => {
    if (recent.at !== at || recent.zone !== zone) recent = momentColumns(zone, at)
    return recent
  }
}

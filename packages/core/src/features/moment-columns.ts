import { type EpochMs, localTime } from '../domain/index.ts'

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
}

function momentColumns(zone: string, at: EpochMs): MomentColumns {
  const local = localTime(zone, at)
  const angle = (2 * Math.PI * local.minuteOfDay) / MINUTES_PER_DAY
  const weekend = local.dayOfWeek >= FIRST_WEEKEND_DAY ? 1 : 0
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)]
  return { zone, at, sine, cosine, weekend, sine2: 2 * sine * cosine, cosine2: 2 * cosine * cosine - 1 }
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

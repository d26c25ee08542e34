import { DAY_MS, isSeenOnVisit, localTime, MINUTE_MS } from '../domain/index.ts'
import { type FeatureContext, HISTORY_DAYS } from './context.ts'
import { halved } from './halved.ts'
import { logRate, USUAL_VISIT } from './log-rate.ts'

/** Times around the day that a user's own hours are told by. */
const OWN_HARMONICS = 3
/** A user's own hours count as none until so many visits were seen, as in `usualHours`. */
const POOLED_VISITS = 4
/** Where own hours, and earlier sends, stand in `VISIT_MOMENT`. */
const OWN_START = 3
const SENDS_START = OWN_START + 2 * OWN_HARMONICS

/**
 * Mean of e^{i n φ} over the user's visits of 28 days, φ being the local time of day as an angle and n = 1, 2, 3, as if `POOLED_VISITS` more had
 * come at any hour: the Fourier coefficients of when he is there, six numbers instead of 24. A change of clocks within the 28 days moves older visits by
 * its hour.
 */
function putOwnHours({ visitTimes, now }: FeatureContext, offsetMs: number, out: Float64Array): void {
  let count = POOLED_VISITS
  for (const visit of visitTimes) {
    if (visit > now || now - visit >= HISTORY_DAYS * DAY_MS) continue
    count += 1
    const angle = ((visit + offsetMs) / DAY_MS) * 2 * Math.PI
    const cosine = Math.cos(angle)
    const sine = Math.sin(angle)
    let [c, s] = [cosine, sine]
    for (let at = OWN_START; at < SENDS_START; at += 2) {
      out[at] = out[at]! + c
      out[at + 1] = out[at + 1]! + s
      const next = c * cosine - s * sine
      s = s * cosine + c * sine
      c = next
    }
  }
  for (let i = OWN_START; i < SENDS_START; i += 1) out[i] = out[i]! / count
}

/** Days of which visits are known: 28, or as long as the user is, or as long ago as the oldest visit. */
function knownDays({ visitTimes, tenureDays, now }: FeatureContext): number {
  let days = tenureDays
  for (const visit of visitTimes) days = Math.max(days, (now - visit) / DAY_MS)
  return Math.min(HISTORY_DAYS, days)
}

/** Earlier sends that may still bring a visit. */
function putEarlierSends({ sends, now }: FeatureContext, out: Float64Array): void {
  for (const { at, channel, category } of sends) {
    const days = (now - at) / DAY_MS
    if (isSeenOnVisit(channel) || category === 'transactional' || days < 0 || days >= HISTORY_DAYS) continue
    out[SENDS_START] = out[SENDS_START]! + halved(days)
    out[SENDS_START + 1] = out[SENDS_START + 1]! + halved(days / 3)
  }
}

/** Writes what hazards of the next visit look at beside g(x), along `VISIT_MOMENT`. */
export function putVisitMoment(x: FeatureContext, out: Float64Array): void {
  const { dayNumber, dayOfWeek, minuteOfDay } = localTime(x.zone, x.now)
  const offsetMs = dayNumber * DAY_MS + minuteOfDay * MINUTE_MS - Math.floor(x.now / MINUTE_MS) * MINUTE_MS
  out.fill(0)
  out[0] = dayOfWeek * 24 + minuteOfDay / 60
  out[1] = x.daysSinceVisit * 24
  out[2] = logRate(x.visits28d, knownDays(x), USUAL_VISIT)
  putOwnHours(x, offsetMs, out)
  putEarlierSends(x, out)
}

/** What runs on through the hours after a decision, beside g(x), which does not. */
export const HOUR_NAMES = [
  'visited hours ago',
  'visited a day ago',
  'long since visit',
  'visit rate',
  'hour sine',
  'hour cosine',
  'half-day sine',
  'half-day cosine',
  'weekend',
  'own hours',
  'own half-days',
  'own thirds of a day',
  'sends of a day',
  'sends of three days',
  'level squared',
] as const

/** What was visited lately weighs half after so many hours: a session that goes on, and a day that had its visit. */
const VISITED_HALF_LIVES = [6, 24] as const
/** ln(1 + days since the last visit) at the 28 days that are remembered. */
const LONGEST_SINCE_HOURS = 672
const LONG_SINCE = Math.log1p(LONGEST_SINCE_HOURS / 24)
const FIRST_WEEKEND_HOUR = 120
const HOURS_OF_WEEK = 168
const HOUR_ANGLE = Math.PI / 12

/**
 * Half-lives in hours of what a send does to the hazard. The first is how fast pushes are opened (median 48 minutes; Leanplum), the second that of e-mails,
 * the third what lingers through the day of an engagement that was measured over 24 h.
 */
export const SEND_HALF_LIVES = [1, 6, 24] as const

function halved(hours: number, halfLife: number): number {
  return Math.exp((-Math.LN2 * hours) / halfLife)
}

/** A user at a decision: `VISIT_MOMENT`, and `userLevel`. */
export interface UserNow {
  readonly moment: ArrayLike<number>
  readonly level: number
}

/** A level of 3 counts 3. */
const SQUARE_UNIT = 3

/** Writes the middle of hour `k` after a decision, along `HOUR_NAMES` from `at` on. */
export function putHour(
  { moment, level }: UserNow,
  k: number,
  { out, at }: { readonly out: Float64Array; readonly at: number },
): void {
  const passed = k + 0.5
  const since = moment[1]! + passed
  const hour = (moment[0]! + passed) % HOURS_OF_WEEK
  const cosine = Math.cos(HOUR_ANGLE * hour)
  const sine = Math.sin(HOUR_ANGLE * hour)
  const [cosine2, sine2] = [2 * cosine * cosine - 1, 2 * sine * cosine]
  const [cosine3, sine3] = [cosine2 * cosine - sine2 * sine, sine2 * cosine + cosine2 * sine]
  out[at] = halved(since, VISITED_HALF_LIVES[0])
  out[at + 1] = halved(since, VISITED_HALF_LIVES[1])
  out[at + 2] = Math.log1p(Math.min(since, LONGEST_SINCE_HOURS) / 24) / LONG_SINCE
  out[at + 3] = moment[2]!
  out[at + 4] = sine
  out[at + 5] = cosine
  out[at + 6] = sine2
  out[at + 7] = cosine2
  out[at + 8] = hour >= FIRST_WEEKEND_HOUR ? 1 : 0
  out[at + 9] = moment[3]! * cosine + moment[4]! * sine
  out[at + 10] = moment[5]! * cosine2 + moment[6]! * sine2
  out[at + 11] = moment[7]! * cosine3 + moment[8]! * sine3
  out[at + 12] = moment[9]! * halved(passed, 24)
  out[at + 13] = moment[10]! * halved(passed, 72)
  out[at + 14] = (level * level) / SQUARE_UNIT
}

/** What is the same for all hours of a send: when it goes out, and whom it reaches. */
export interface SendInHours {
  readonly delayHours: number
  /** By how much the log odds of an hour lie above usual ones, as far as the user makes it: see `userLevel`. */
  readonly level: number
}

/** The first half-lives once more, times the user's level: a visit that a message brings adds less to the hazard of who comes often. */
const LEVELLED = 2
/** Columns of a send. */
export const SEND_WIDTH: number = SEND_HALF_LIVES.length + LEVELLED

/**
 * Writes `SEND_WIDTH` columns from `at` on: how much of a send that goes out `delayHours` after the decision works in hour `k`, by `SEND_HALF_LIVES`, halved by
 * the age of the send in the middle of the part of the hour that comes after it, times that part; then the first of them times the user's level.
 */
export function putSend(
  { delayHours, level }: SendInHours,
  k: number,
  { out, at }: { readonly out: Float64Array; readonly at: number },
): void {
  const start = Math.max(k, delayHours)
  const part = Math.max(0, k + 1 - start)
  const age = Math.max(0, (start + k + 1) / 2 - delayHours)
  for (let j = 0; j < SEND_HALF_LIVES.length; j++) {
    out[at + j] = part === 0 ? 0 : part * halved(age, SEND_HALF_LIVES[j]!)
  }
  const levelled = at + SEND_HALF_LIVES.length
  for (let j = 0; j < LEVELLED; j++) out[levelled + j] = level * out[at + j]!
}

import { LONGEST_VISIT_HOURS } from '../domain/index.ts'

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

/** Earlier sends of `VISIT_MOMENT` fade by these. */
const EARLIER_HALF_LIVES = [24, 72] as const

function halved(hours: number, halfLife: number): number {
  return Math.exp((-Math.LN2 * hours) / halfLife)
}

/** What is left of 1 in the middle of every hour that a window may have. */
function leftAfter(halfLife: number): Float64Array {
  return Float64Array.from({ length: LONGEST_VISIT_HOURS }, (_, k) => halved(k + 0.5, halfLife))
}

const VISITED_LEFT = VISITED_HALF_LIVES.map(leftAfter)
const EARLIER_LEFT = EARLIER_HALF_LIVES.map(leftAfter)
const SENDS_LEFT = SEND_HALF_LIVES.map(leftAfter)
const HOURS_OF_DAY = 24
/** From the start of an hour to the middle of that k hours later, on the circle of a day. */
const COSINES = Float64Array.from({ length: HOURS_OF_DAY }, (_, k) => Math.cos(HOUR_ANGLE * (k + 0.5)))
const SINES = Float64Array.from({ length: HOURS_OF_DAY }, (_, k) => Math.sin(HOUR_ANGLE * (k + 0.5)))

/** What all hours after a decision share. */
export interface UserHours {
  /** Along `VISIT_MOMENT`. */
  readonly moment: ArrayLike<number>
  /** By how much the log odds of an hour lie above usual ones, as far as the user makes it: see `userLevel`. */
  readonly level: number
  /** Of the moment of the decision on the circle of a day. */
  readonly cosine: number
  readonly sine: number
  /** By `VISITED_HALF_LIVES`, what is left of the last visit at the decision. */
  readonly visited: readonly number[]
}

export function userHours(moment: ArrayLike<number>, level: number): UserHours {
  const angle = HOUR_ANGLE * moment[0]!
  const visited = VISITED_HALF_LIVES.map((halfLife) => halved(moment[1]!, halfLife))
  return { moment, level, cosine: Math.cos(angle), sine: Math.sin(angle), visited }
}

/** A level of 3 counts 3. */
const SQUARE_UNIT = 3

interface Target {
  readonly out: Float64Array
  readonly at: number
}

/** Writes the middle of hour `k` after a decision, along `HOUR_NAMES` from `at` on. */
export function putHour(user: UserHours, k: number, { out, at }: Target): void {
  const { moment, level, visited } = user
  const passed = k + 0.5
  const [c, s] = [COSINES[k % HOURS_OF_DAY]!, SINES[k % HOURS_OF_DAY]!]
  const cosine = user.cosine * c - user.sine * s
  const sine = user.sine * c + user.cosine * s
  const cosine2 = 2 * cosine * cosine - 1
  const sine2 = 2 * sine * cosine
  out[at] = visited[0]! * VISITED_LEFT[0]![k]!
  out[at + 1] = visited[1]! * VISITED_LEFT[1]![k]!
  out[at + 2] = Math.log1p(Math.min(moment[1]! + passed, LONGEST_SINCE_HOURS) / 24) / LONG_SINCE
  out[at + 3] = moment[2]!
  out[at + 4] = sine
  out[at + 5] = cosine
  out[at + 6] = sine2
  out[at + 7] = cosine2
  out[at + 8] = (moment[0]! + passed) % HOURS_OF_WEEK >= FIRST_WEEKEND_HOUR ? 1 : 0
  out[at + 9] = moment[3]! * cosine + moment[4]! * sine
  out[at + 10] = moment[5]! * cosine2 + moment[6]! * sine2
  out[at + 11] = moment[7]! * (cosine2 * cosine - sine2 * sine) + moment[8]! * (sine2 * cosine + cosine2 * sine)
  out[at + 12] = moment[9]! * EARLIER_LEFT[0]![k]!
  out[at + 13] = moment[10]! * EARLIER_LEFT[1]![k]!
  out[at + 14] = (level * level) / SQUARE_UNIT
}

/** When a send goes out, and by how much the log odds of the hour at hand lie above usual ones if nothing is sent: see `levelOf`. */
export interface SendHours {
  readonly delayHours: number
  readonly level: number
}

/** The first half-lives once more, times the level of the hour: a visit that a message brings adds less where somebody is likely to come anyway. */
const LEVELLED = 2
/** Columns of a send. */
export const SEND_WIDTH: number = SEND_HALF_LIVES.length + LEVELLED

/**
 * Writes `SEND_WIDTH` columns from `at` on: how much of a send that goes out `delayHours` after the decision works in hour `k`, by `SEND_HALF_LIVES`, halved by
 * the age of the send in the middle of the part of the hour that comes after it, times that part; then the first of them times the level of the hour.
 */
export function putSend({ delayHours, level }: SendHours, k: number, { out, at }: Target): void {
  const first = Math.floor(delayHours)
  const late = delayHours - first
  for (let j = 0; j < SEND_HALF_LIVES.length; j++) {
    out[at + j] = k < first ? 0 : late === 0 ? SENDS_LEFT[j]![k - first]! : workOf(late, k - first, j)
  }
  const levelled = at + SEND_HALF_LIVES.length
  for (let j = 0; j < LEVELLED; j++) out[levelled + j] = level * out[at + j]!
}

/** The same `hours` after the hour in which it goes out, `late` after the hour has begun. */
function workOf(late: number, hours: number, j: number): number {
  const part = 1 - late
  const halfLife = SEND_HALF_LIVES[j]!
  return hours === 0 ? part * halved(part / 2, halfLife) : halved(part, halfLife) * SENDS_LEFT[j]![hours - 1]!
}

import {
  type Channel,
  type HeadState,
  isSeenOnVisit,
  LONGEST_VISIT_HOURS,
  type Objective,
  PalomaError,
  VISIT_MOMENT,
} from '../domain/index.ts'
import { createLogisticHead } from './logistic-head.ts'
import { HOUR_NAMES, SEND_WIDTH } from './visit-hours.ts'

/** Whether an objective is estimated by the hazard of the next visit. */
export function isVisit({ model }: Pick<Objective, 'model'>): boolean {
  return model === 'visit'
}

/** The head of an objective's hazard. */
export function visitHeadOf(name: string): string {
  return `visit/${name}`
}

/** Channels that can bring a visit, in the order of the lists of `VisitFeatures`. */
export function visitChannels(channels: readonly Channel[]): readonly Channel[] {
  return channels.filter((channel) => !isSeenOnVisit(channel))
}

/** Columns of a hazard: g(x), what runs on through the hours, sends. */
export function visitWidth(baselineWidth: number, channels: number): number {
  return baselineWidth + HOUR_NAMES.length + channels * SEND_WIDTH
}

/** One day in five brings a visit, as in the features: log odds of one in a usual hour. */
const USUAL_HOUR = 1 - (1 - 0.2) ** (1 / 24)
const LEVEL = { mean: Math.log(USUAL_HOUR / (1 - USUAL_HOUR)), sd: 1 }
/** What one column of g(x) may change of log odds. */
const BASELINE_SD = 0.3

interface Belief {
  readonly mean: number
  readonly sd: number
}

const UNKNOWN: Belief = { mean: 0, sd: 0.5 }
/**
 * A rate counts as it was seen, on its log scale. The day has a mild usual shape that is learned; a user's own hours count as of a von Mises density with a
 * mean length of ½, whose logarithm grows about twice as fast as its Fourier coefficients.
 */
const HOURS: Readonly<Partial<Record<(typeof HOUR_NAMES)[number], Belief>>> = {
  'visit rate': { mean: 1, sd: 0.3 },
  weekend: { mean: 0, sd: 0.3 },
  'own hours': { mean: 1.5, sd: 0.7 },
  'own half-days': { mean: 1, sd: 0.7 },
  'own thirds of a day': { mean: 0.5, sd: 0.5 },
  'sends of a day': { mean: 0, sd: 0.2 },
  'sends of three days': { mean: 0, sd: 0.2 },
  'level squared': { mean: 0, sd: 0.2 },
}
/**
 * What a send adds to log odds, by its columns: mean and standard deviation such that the first hour after a suggestion, 3.5 times as likely to bring an
 * opening (95 % 2.9 to 4.3; Drink Less, 350 users), lies one standard deviation up, and the 4 % more within a day that 1,255 users showed in 89 days about
 * where it starts: .7 in the first half-life is 5 % more in a day of 24 hours that are alike. Where a message brings a visit beside those that come by
 * themselves, q more to a hazard of h, log odds grow by ln(1 + q / h): at 3.5 times by .6 of that less in an hour that is e times as likely to bring one anyway.
 */
const SENDS: readonly Belief[] = [
  { mean: 0.7, sd: 1 },
  { mean: 0, sd: 0.5 },
  { mean: 0, sd: 0.2 },
  { mean: -0.4, sd: 0.8 },
  { mean: 0, sd: 0.4 },
]

/** Of a weight that stays 0: variances are above 0. */
const NOTHING_TO_LEARN: Belief = { mean: 0, sd: 1e-6 }

/**
 * What is believed of an objective's hazard before the first hour was seen. Hour and weekend of the decision, in `momentColumns` of g(x), are left to the hours that
 * run on: beside them they would stand for the day of the log.
 */
export function priorVisitHead(
  baselineWidth: number,
  channels: number,
  momentColumns: readonly number[] = [],
): HeadState {
  const ofUser = (i: number): Belief => (i === 0 ? LEVEL : { mean: 0, sd: BASELINE_SD })
  const user = Array.from({ length: baselineWidth }, (_, i) =>
    momentColumns.includes(i) ? NOTHING_TO_LEARN : ofUser(i),
  )
  const hours = HOUR_NAMES.map((name) => HOURS[name] ?? UNKNOWN)
  const sends = Array.from({ length: channels }, () => SENDS).flat()
  const beliefs = [...user, ...hours, ...sends]
  return createLogisticHead({
    mean: beliefs.map(({ mean }) => mean),
    variance: beliefs.map(({ sd }) => sd * sd),
  })
}

/** Levels further from usual count as this far. */
const LEVEL_CLIP = 3
const RATE_COLUMN = HOUR_NAMES.indexOf('visit rate')
const RATE_OF_MOMENT = VISIT_MOMENT.indexOf('visit rate')

/**
 * By how much the log odds of an hour lie above usual ones as far as g(x) and the user's visit rate make it, with the weights of now. Levels are looked at as
 * given: what is unsure of them does not go into the variance of a send.
 */
export function userLevel({ mean }: HeadState, baseline: ArrayLike<number>, moment: ArrayLike<number>): number {
  let logOdds = mean[baseline.length + RATE_COLUMN]! * moment[RATE_OF_MOMENT]!
  for (let i = 0; i < baseline.length; i++) logOdds += mean[i]! * baseline[i]!
  return levelOf(logOdds)
}

/** By how much log odds lie above usual ones. */
export function levelOf(logOdds: number): number {
  return Math.max(-LEVEL_CLIP, Math.min(LEVEL_CLIP, logOdds - LEVEL.mean))
}

/** Heads of hazards before the first hour was seen, by name; none where no objective asks for them. Throws OBJECTIVE_INVALID. */
export function priorVisitHeads(
  objectives: readonly Objective[],
  {
    channels,
    baselineWidth,
    momentColumns,
  }: {
    readonly channels: readonly Channel[]
    readonly baselineWidth: number
    readonly momentColumns?: readonly number[]
  },
): Readonly<Record<string, HeadState>> {
  const count = visitChannels(channels).length
  for (const { name, windowHours } of objectives.filter(isVisit)) {
    if (Number.isInteger(windowHours) && windowHours >= 1 && windowHours <= LONGEST_VISIT_HOURS) continue
    throw new PalomaError(
      'OBJECTIVE_INVALID',
      `windowHours of ${name} must be a whole number from 1 to ${LONGEST_VISIT_HOURS} for the model \`visit\`, got ${windowHours}`,
    )
  }
  return Object.fromEntries(
    objectives
      .filter(isVisit)
      .map(({ name }) => [visitHeadOf(name), priorVisitHead(baselineWidth, count, momentColumns)]),
  )
}

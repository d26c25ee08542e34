import { CHANNELS, type Channel, type HeadState, HOUR_MS, type Objective, priorEffectSdOf } from '../domain/index.ts'
import { quadraticForm } from '../numeric/index.ts'
import { chanceOf } from './logistic-head.ts'
import { isVisit, levelOf, userLevel, visitChannels, visitHeadOf } from './visit-heads.ts'
import { HOUR_NAMES, putHour, putSend, SEND_WIDTH, userHours } from './visit-hours.ts'

type Columns = Readonly<Partial<Record<Channel, number>>>

/** The hazard of one objective, laid out for decisions, with its working memory: what it knows of the hours after the decision at hand. */
export interface VisitHazard {
  readonly name: string
  /** Its place among all objectives. */
  readonly objective: number
  readonly hours: number
  readonly head: HeadState
  /** Where the first column after g(x) stands. */
  readonly offset: number
  /** Column of ψ for the extra chance of a send through each channel, and the raw reward that is one in it. */
  readonly columns: Columns
  readonly unit: number
  /** By hour, `HOUR_NAMES`, log odds and chance of a first visit if nothing is sent. */
  readonly running: Float64Array
  readonly logOdds: Float64Array
  readonly chances: Float64Array
  /** g(x) at the decision. */
  readonly baseline: Float64Array
  /** Chance of no visit in the window if nothing is sent; and its slope along the columns that run on, the last one for all of g(x). */
  readonly away: Float64Array
  readonly awaySlope: Float64Array
  readonly gradient: Float64Array
}

/** What hazards of the next visit say of sends. */
export interface VisitModel {
  /** In the order of the columns of the heads. */
  readonly channels: readonly Channel[]
  readonly hazards: readonly VisitHazard[]
}

/** A chance with the variance of what is known of it. */
export interface KnownChance {
  readonly chance: number
  readonly variance: number
}

/** Lays out what a state knows of next visits; null when no objective asks for it. */
export function visitModelOf(parts: {
  readonly objectives: readonly Objective[]
  readonly columns: Readonly<Record<string, Columns>>
  readonly channels: Columns
  readonly baselineWidth: number
  readonly head: (name: string) => HeadState
}): VisitModel | null {
  const { objectives, columns, channels, baselineWidth } = parts
  if (!objectives.some(isVisit)) return null
  return {
    channels: visitChannels(CHANNELS.filter((channel) => channels[channel] !== undefined)),
    hazards: objectives.filter(isVisit).map((objective) => {
      const head = parts.head(visitHeadOf(objective.name))
      const hours = objective.windowHours
      return {
        name: objective.name,
        objective: objectives.indexOf(objective),
        hours,
        head,
        offset: baselineWidth,
        columns: columns[objective.name] ?? {},
        unit: priorEffectSdOf(objective),
        running: new Float64Array(hours * HOUR_NAMES.length),
        logOdds: new Float64Array(hours),
        chances: new Float64Array(hours),
        baseline: new Float64Array(baselineWidth),
        away: new Float64Array(1),
        awaySlope: new Float64Array(HOUR_NAMES.length + 1),
        gradient: new Float64Array(head.dimension),
      }
    }),
  }
}

/** Adds one hour's share to slopes of ln P(away): −σ(η) ∂η, what runs on standing at `from`. */
function addSlope(
  running: Float64Array,
  from: number,
  { chance, slope }: { readonly chance: number; readonly slope: Float64Array },
): void {
  const width = slope.length - 1
  for (let j = 0; j < width; j++) slope[j] = slope[j]! - chance * running[from + j]!
  slope[width] = slope[width]! - chance
}

/** Works out every hour after a decision if nothing is sent, which all its actions share. */
export function lookAtHours(hazard: VisitHazard, baseline: ArrayLike<number>, moment: ArrayLike<number>): void {
  const { hours, head, offset, running, logOdds, chances, away, awaySlope } = hazard
  const width = HOUR_NAMES.length
  hazard.baseline.set(baseline)
  const user = userHours(moment, userLevel(head, baseline, moment))
  let constant = 0
  for (let i = 0; i < offset; i++) constant += head.mean[i]! * baseline[i]!
  let stays = 1
  awaySlope.fill(0)
  for (let k = 0; k < hours; k++) {
    putHour(user, k, { out: running, at: k * width })
    let sum = constant
    for (let j = 0; j < width; j++) sum += head.mean[offset + j]! * running[k * width + j]!
    const chance = chanceOf(sum)
    logOdds[k] = sum
    chances[k] = chance
    stays *= 1 - chance
    addSlope(running, k * width, { chance, slope: awaySlope })
  }
  away[0] = stays
}

/** P(visit in the window) if nothing is sent, after `lookAtHours`. */
export function chanceWithout(hazard: VisitHazard): KnownChance {
  const { away, awaySlope, gradient } = hazard
  gradient.fill(0)
  putSlope(hazard, awaySlope, -away[0]!)
  return { chance: 1 - away[0]!, variance: quadraticForm(hazard.head.covariance, gradient) }
}

/** gradient ← gradient + scale · slope, over g(x) and what runs on. */
function putSlope({ offset, baseline, gradient }: VisitHazard, slope: Float64Array, scale: number): void {
  const width = HOUR_NAMES.length
  const level = scale * slope[width]!
  for (let i = 0; i < offset; i++) gradient[i] = gradient[i]! + level * baseline[i]!
  for (let j = 0; j < width; j++) gradient[offset + j] = gradient[offset + j]! + scale * slope[j]!
}

const works = new Float64Array(SEND_WIDTH)
const WORKS = { out: works, at: 0 }
const slopeWith = new Float64Array(HOUR_NAMES.length + 1)

/**
 * P(visit in the window | a send through the channel after so many hours) − P(visit | nothing sent), with its variance by the delta method over all weights
 * of the hazard: what is unsure of the baseline alone hardly counts, because both chances share it. Call after `lookAtHours`.
 */
export function extraChance(hazard: VisitHazard, channel: number, delayHours: number): KnownChance {
  const { hours, head, offset, running, logOdds, chances, away, awaySlope, gradient } = hazard
  const at = offset + HOUR_NAMES.length + channel * SEND_WIDTH
  let stays = 1
  gradient.fill(0)
  slopeWith.fill(0)
  for (let k = 0; k < hours; k++) {
    let chance = chances[k]!
    if (k + 1 > delayHours) {
      let sum = logOdds[k]!
      putSend({ delayHours, level: levelOf(sum) }, k, WORKS)
      for (let j = 0; j < works.length; j++) sum += head.mean[at + j]! * works[j]!
      chance = chanceOf(sum)
      for (let j = 0; j < works.length; j++) gradient[at + j] = gradient[at + j]! + chance * works[j]!
    }
    stays *= 1 - chance
    addSlope(running, k * HOUR_NAMES.length, { chance, slope: slopeWith })
  }
  for (let j = at; j < at + works.length; j++) gradient[j] = gradient[j]! * stays
  putSlope(hazard, slopeWith, -stays)
  putSlope(hazard, awaySlope, away[0]!)
  return { chance: away[0]! - stays, variance: quadraticForm(head.covariance, gradient) }
}

/** What hazards say of every send of a decision: extra chance and its variance, hazard h of row r at h · rows + r; 0 where a channel brings no visit. */
export interface VisitExtras {
  readonly chances: Float64Array
  readonly variances: Float64Array
}

/** A send as a hazard sees it. */
interface Way {
  readonly channel: Channel
  readonly sendAt: number
}

/**
 * Writes the extra chances of the sends of one decision, each way (channel and moment) worked out once; `wayOf` numbers ways as sends first take
 * them. Call after `lookAtHours`.
 */
export function fillExtras(
  { hazards, channels }: VisitModel,
  sends: readonly { readonly candidate: Way }[],
  {
    wayOf,
    now,
    rows,
    out,
  }: { readonly wayOf: Int32Array; readonly now: number; readonly rows: number; readonly out: VisitExtras },
): void {
  const first = rows - sends.length
  for (let h = 0; h < hazards.length; h++) {
    let ways = 0
    const { chances, variances } = out
    for (let i = 0; i < sends.length; i++) {
      const to = h * rows + first + i
      const way = wayOf[i]!
      if (way < ways) {
        const known = h * rows + first + wayOf.indexOf(way)
        chances[to] = chances[known]!
        variances[to] = variances[known]!
        continue
      }
      ways = way + 1
      const { channel, sendAt } = sends[i]!.candidate
      const place = channels.indexOf(channel)
      const extra = place < 0 ? NOTHING : extraChance(hazards[h]!, place, Math.max(0, sendAt - now) / HOUR_MS)
      chances[to] = extra.chance
      variances[to] = extra.variance
    }
  }
}

const NOTHING: KnownChance = { chance: 0, variance: 0 }

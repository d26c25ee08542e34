import {
  CHANNELS,
  type Channel,
  type ChannelRule,
  DAY_MS,
  type EpochMs,
  effectUnitOf,
  type FeatureBag,
  type FeatureSchema,
  type FeatureSpec,
  HOUR_MS,
  type Objective,
  type Opportunity,
  type Variant,
} from '../domain/index.ts'
import { murmur3 } from '../random/index.ts'
import { type ChannelHistory, type FeatureContext, HISTORY_DAYS } from './context.ts'
import { encodeDeclared, namesOf, widthOf } from './encode-declared.ts'
import { logRate, USUAL_RESPONSE, USUAL_VISIT } from './log-rate.ts'
import { type MomentColumns, putMoment, recentMoment } from './moment-columns.ts'
import { usualHours } from './usual-hours.ts'

/** Novelty returns with this half-life after a message family was sent (Yancey & Settles, KDD 2020: 15 days). */
const RECOVERY_HALF_LIFE_DAYS = 15
/** Claims count in standard deviations of the prior effect, which is the size effects have, and are clipped here. */
const CLAIM_CLIP = 3
const MESSAGE_SEED = 0x6d657373
const NO_FEATURES: FeatureBag = {}

/** A row of numbers to write: it begins at `offset` of `out`. */
interface Target {
  readonly out: Float64Array
  readonly offset: number
}

/** One sendable action, as the encoder sees it. */
export interface ActionToEncode {
  readonly opportunity: Opportunity
  readonly variant: Variant
  readonly channel: Channel
  readonly sendAt: EpochMs
}

/**
 * Turns users, moments and actions into numbers, the same way online and in batch.
 * Baseline g(x) describes user and moment; action features ψ(x, a) describe a send, and `hold` is the zero vector,
 * so that ψ·w is the incremental effect against `hold`.
 */
export interface FeatureEncoder {
  readonly baselineNames: readonly string[]
  readonly actionNames: readonly string[]
  /** Column of ψ that indicates the channel. */
  readonly channelColumns: Readonly<Partial<Record<Channel, number>>>
  /** Column of ψ with the incremental claim for the objective. */
  readonly claimColumns: Readonly<Record<string, number>>
  /** By objective of the model `response` and channel: where its expected outcome goes, in effect units; never written here. */
  readonly expectedColumns: Readonly<Record<string, Readonly<Partial<Record<Channel, number>>>>>
  /** By column of ψ: whether it holds an expected outcome. */
  readonly isExpected: readonly boolean[]
  encodeBaseline(context: FeatureContext, out: Float64Array): void
  /** Writes ψ(x, a) at `offset`; `out` must be zero there. */
  encodeAction(context: FeatureContext, action: ActionToEncode, target: Target): void
  /** The same for many actions of one context, row under row from `offset`; what lay there is overwritten. */
  encodeActions(context: FeatureContext, actions: readonly ActionToEncode[], target: Target): void
}

export interface EncoderParts {
  readonly features: FeatureSchema
  readonly objectives: readonly Objective[]
  readonly channels: Readonly<Partial<Record<Channel, ChannelRule>>>
}

const BASELINE_NAMES = [
  'intercept',
  'visits 7 d',
  'visits 28 d',
  'days since visit',
  'sends 7 d',
  'responses 28 d',
  'hour sine',
  'hour cosine',
  'weekend',
]

const ACTION_NAMES = [
  'send',
  'channel sends 1 d',
  'channel sends 7 d',
  'sends 7 d',
  'channel responses 28 d',
  'family repeated lately',
  'visits 7 d',
  'days since visit',
  'slot hour sine',
  'slot hour cosine',
  'slot weekend',
  'slot delay',
]
/** What models of single sends look at beside; without such an objective these columns are not there. */
const SEND_NAMES = [
  'channel fatigue',
  'channel response rate',
  'slot half-day sine',
  'slot half-day cosine',
  'slot at usual hours',
]

/** A declared feature and its first column. */
interface PlacedSpec {
  readonly spec: FeatureSpec
  readonly column: number
}

/** Where the claims for one objective go, and what one prior effect sd is in its unit. */
interface ClaimColumns {
  readonly incremental: number
  /** A level that is predicted given the send; how much of it is the send's doing has to be learned. */
  readonly predicted: number
  readonly unit: number
}

/** Where the columns of ψ lie. */
interface ActionLayout {
  readonly width: number
  readonly channelColumns: Readonly<Partial<Record<Channel, number>>>
  readonly messageStart: number
  readonly messageBuckets: number
  readonly looksAtSends: boolean
  readonly expectedColumns: FeatureEncoder['expectedColumns']
  /** They are the last ones. */
  readonly expectedStart: number
  /** By message bucket, the log of what it claims: how far a producer is to be believed is learned for each. */
  readonly logClaimStart: number
  readonly visitColumns: Readonly<Partial<Record<Channel, number>>>
  readonly claims: ReadonlyMap<string, ClaimColumns>
  /** What user and context declare: the same for every action of a decision. */
  readonly common: readonly PlacedSpec[]
  readonly ofOpportunity: readonly PlacedSpec[]
  readonly ofVariant: readonly PlacedSpec[]
  readonly names: readonly string[]
}

function placed(specs: readonly FeatureSpec[], start: number): readonly PlacedSpec[] {
  let column = start
  return specs.map((spec) => {
    const place = { spec, column }
    column += widthOf(spec)
    return place
  })
}

function isCommon({ source }: FeatureSpec): boolean {
  return source === 'user' || source === 'context'
}

function claimsOf(objectives: readonly Objective[], start: number): ActionLayout['claims'] {
  const claims = new Map<string, ClaimColumns>()
  for (const [i, objective] of objectives.entries()) {
    const { name } = objective
    const place = { incremental: start + 2 * i, predicted: start + 2 * i + 1, unit: effectUnitOf(objective) }
    if (!claims.has(name) && place.unit > 0) claims.set(name, place)
  }
  return claims
}

function layoutOf({ features, objectives, channels }: EncoderParts): ActionLayout {
  const used = CHANNELS.filter((channel) => channels[channel] !== undefined)
  const throughResponse = objectives.filter(({ model }) => model === 'response').map(({ name }) => name)
  const looksAtSends = throughResponse.length > 0
  const channelStart = ACTION_NAMES.length + (looksAtSends ? SEND_NAMES.length : 0)
  const messageStart = channelStart + used.length
  const claimStart = messageStart + features.messageBuckets
  const logClaimStart = claimStart + 2 * objectives.length
  const claimBuckets = looksAtSends ? features.messageBuckets : 0
  const visitStart = logClaimStart + claimBuckets
  const specsStart = visitStart + (looksAtSends ? used.length : 0)
  const specs = placed(features.features, specsStart)
  const expectedStart = specsStart + declaredWidth(features)
  const columnsFrom = (start: number): Readonly<Partial<Record<Channel, number>>> =>
    Object.fromEntries(used.map((channel, i) => [channel, start + i]))
  const names = [
    ...ACTION_NAMES,
    ...(looksAtSends ? SEND_NAMES : []),
    ...used.map((channel) => `channel=${channel}`),
    ...Array.from({ length: features.messageBuckets }, (_, i) => `message bucket ${i}`),
    ...objectives.flatMap(({ name }) => [`claim ${name}`, `prediction ${name}`]),
    ...Array.from({ length: claimBuckets }, (_, i) => `log claim of message bucket ${i}`),
    ...(looksAtSends ? used.map((channel) => `visit rate on ${channel}`) : []),
    ...features.features.flatMap(namesOf),
    ...throughResponse.flatMap((name) => used.map((channel) => `expected ${name} on ${channel}`)),
  ]
  return {
    width: names.length,
    channelColumns: columnsFrom(channelStart),
    messageStart,
    messageBuckets: features.messageBuckets,
    looksAtSends,
    logClaimStart,
    visitColumns: looksAtSends ? columnsFrom(visitStart) : {},
    expectedStart,
    expectedColumns: Object.fromEntries(
      throughResponse.map((name, k) => [name, columnsFrom(expectedStart + k * used.length)]),
    ),
    claims: claimsOf(objectives, claimStart),
    common: specs.filter(({ spec }) => isCommon(spec)),
    ofOpportunity: specs.filter(({ spec }) => spec.source === 'opportunity'),
    ofVariant: specs.filter(({ spec }) => spec.source === 'variant'),
    names,
  }
}

/** A memo of the hash of message families, which are few. */
function messageBuckets(count: number): (message: string) => number {
  const known = new Map<string, number>()
  return (message) => {
    const found = known.get(message)
    if (found !== undefined) return found
    const bucket = murmur3(message, MESSAGE_SEED) % count
    known.set(message, bucket)
    return bucket
  }
}

/** A memo of one: nearly all actions of a decision share user and moment. */
function recentHours(): (x: FeatureContext, moment: MomentColumns) => number {
  let [recentUser, recentMoment]: [FeatureContext | null, MomentColumns | null] = [null, null]
  let hours = 0
  return (x, moment) => {
    if (recentUser !== x || recentMoment !== moment) {
      hours = usualHours(x.visitTimes, { now: x.now, at: moment.at, offsetMs: moment.offsetMs })
      recentUser = x
      recentMoment = moment
    }
    return hours
  }
}

/** What is the same for every action of one user at one moment. */
function putUser(x: FeatureContext, out: Float64Array, offset: number): void {
  out[offset] = 1
  out[offset + 3] = x.sends7d / 8
  out[offset + 6] = x.visits7d / 7
  out[offset + 7] = x.daysSinceVisit / HISTORY_DAYS
}

function putChannel(history: ChannelHistory, { out, offset }: Target): void {
  const { sends1d, sends7d, sends28d, responses28d } = history
  out[offset + 1] = sends1d
  out[offset + 2] = sends7d / 4
  out[offset + 4] = Math.min(1, responses28d / (sends28d + 2))
}

/** Columns of `SEND_NAMES` but the last. */
function putSend(history: ChannelHistory, { sine2, cosine2 }: MomentColumns, { out, offset }: Target): void {
  out[offset + 12] = history.fatigue / 2
  out[offset + 13] = logRate(history.answers28d, history.sends28d, USUAL_RESPONSE)
  out[offset + 14] = sine2
  out[offset + 15] = cosine2
}

/** ln of the first positive claim in units of effects; 0 where nothing is claimed. */
function logClaimOf(claims: ActionLayout['claims'], opportunity: Opportunity): number {
  for (const { objective, estimate } of opportunity.claims) {
    const unit = claims.get(objective)?.unit
    if (unit !== undefined && estimate > 0) {
      return Math.max(-CLAIM_CLIP, Math.min(CLAIM_CLIP, Math.log(estimate / unit)))
    }
  }
  return 0
}

/** How fresh the message family still is, 1 just sent, 0 not sent lately. */
function recencyOf({ lastSentAt, now }: FeatureContext, message: string): number {
  const last = lastSentAt.get(message)
  return last === undefined ? 0 : 0.5 ** ((now - last) / DAY_MS / RECOVERY_HALF_LIFE_DAYS)
}

function putClaims(claims: ActionLayout['claims'], opportunity: Opportunity, { out, offset }: Target): void {
  for (const { objective, estimate, kind } of opportunity.claims) {
    const place = claims.get(objective)
    if (place === undefined) continue
    out[offset + place[kind]] = Math.max(-CLAIM_CLIP, Math.min(CLAIM_CLIP, estimate / place.unit))
  }
}

function putCommon(common: readonly PlacedSpec[], x: FeatureContext, { out, offset }: Target): void {
  for (const { spec, column } of common) {
    encodeDeclared(spec, spec.source === 'user' ? x.traits : x.context, { out, offset: offset + column })
  }
}

function putDeclared(own: readonly PlacedSpec[], bag: FeatureBag, { out, offset }: Target): void {
  for (let i = 0; i < own.length; i += 1) {
    const { spec, column } = own[i]!
    encodeDeclared(spec, bag, { out, offset: offset + column })
  }
}

function putVisits(x: FeatureContext, out: Float64Array): void {
  out[0] = 1
  out[1] = x.visits7d / 7
  out[2] = x.visits28d / HISTORY_DAYS
  out[3] = x.daysSinceVisit / HISTORY_DAYS
  out[4] = x.sends7d / 8
  let responses = 0
  for (const channel of CHANNELS) responses += x.channels[channel].responses28d
  out[5] = responses / 8
}

/** Compiles schema, objectives and channels into an encoder; pure, so it may be kept. */
export function compileFeatures(parts: EncoderParts): FeatureEncoder {
  const baseline = placed(parts.features.features.filter(isCommon), BASELINE_NAMES.length)
  const layout = layoutOf(parts)
  const bucketOf = messageBuckets(layout.messageBuckets)
  const momentAt = recentMoment()
  const hoursAt = recentHours()
  // Working memory: the row so far of a user, and of one of the opportunities.
  const user = new Float64Array(layout.width)
  const proposal = new Float64Array(layout.width)

  const putOpportunity = (x: FeatureContext, opportunity: Opportunity, target: Target): void => {
    const { out, offset } = target
    out[offset + 5] = recencyOf(x, opportunity.message)
    if (layout.messageBuckets > 0) {
      const bucket = bucketOf(opportunity.message)
      out[offset + layout.messageStart + bucket] = 1
      if (layout.looksAtSends) out[offset + layout.logClaimStart + bucket] = logClaimOf(layout.claims, opportunity)
    }
    putClaims(layout.claims, opportunity, target)
    putDeclared(layout.ofOpportunity, opportunity.features, target)
  }

  /** What variant, channel and slot add to a row that already tells of user and opportunity. */
  const putWay = (x: FeatureContext, { variant, channel, sendAt }: ActionToEncode, target: Target): void => {
    const { out, offset } = target
    putChannel(x.channels[channel], target)
    const moment = momentAt(x.zone, sendAt)
    putMoment(moment, out, offset + 8)
    out[offset + 11] = Math.min(2, (sendAt - x.now) / (24 * HOUR_MS))
    const column = layout.channelColumns[channel]
    if (column !== undefined) out[offset + column] = 1
    if (layout.looksAtSends) {
      putSend(x.channels[channel], moment, target)
      out[offset + 16] = hoursAt(x, moment)
      const visits = layout.visitColumns[channel]
      if (visits !== undefined) out[offset + visits] = logRate(x.visits28d, HISTORY_DAYS, USUAL_VISIT)
    }
    putDeclared(layout.ofVariant, variant.features ?? NO_FEATURES, target)
  }

  return {
    baselineNames: [...BASELINE_NAMES, ...baseline.flatMap(({ spec }) => namesOf(spec))],
    actionNames: layout.names,
    channelColumns: layout.channelColumns,
    expectedColumns: layout.expectedColumns,
    isExpected: layout.names.map((_, j) => j >= layout.expectedStart),
    claimColumns: Object.fromEntries(Array.from(layout.claims, ([name, { incremental }]) => [name, incremental])),

    encodeBaseline(x, out) {
      putVisits(x, out)
      putMoment(momentAt(x.zone, x.now), out, 6)
      putCommon(baseline, x, { out, offset: 0 })
    },

    encodeAction(x, action, target) {
      putUser(x, target.out, target.offset)
      putCommon(layout.common, x, target)
      putOpportunity(x, action.opportunity, target)
      putWay(x, action, target)
    },

    encodeActions(x, actions, { out, offset }) {
      const { width } = layout
      user.fill(0)
      putUser(x, user, 0)
      putCommon(layout.common, x, { out: user, offset: 0 })
      let proposed: Opportunity | undefined
      for (let i = 0; i < actions.length; i += 1) {
        const action = actions[i]!
        if (action.opportunity !== proposed) {
          proposed = action.opportunity
          proposal.set(user)
          putOpportunity(x, proposed, { out: proposal, offset: 0 })
        }
        const row = offset + i * width
        for (let j = 0; j < width; j += 1) out[row + j] = proposal[j]!
        putWay(x, action, { out, offset: row })
      }
    },
  }
}

/** Total columns a schema adds, for sizing. */
export function declaredWidth(schema: FeatureSchema): number {
  return schema.features.reduce((sum, spec) => sum + widthOf(spec), 0)
}

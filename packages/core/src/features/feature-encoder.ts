import {
  type ActionRows,
  appendRow,
  type Candidate,
  CHANNELS,
  type Channel,
  DAY_MS,
  type FeatureBag,
  HOUR_MS,
  type Opportunity,
  type Scalar,
  type Variant,
} from '../domain/index.ts'
import { murmur3 } from '../random/index.ts'
import {
  type ActionLayout,
  type EncoderParts,
  FATIGUE_UNIT,
  isCommon,
  layoutOf,
  type PlacedSpec,
  placed,
  RECENCY_COLUMN,
  REPEATS_COLUMN,
  SEGMENT_WIDTH,
} from './action-layout.ts'
import {
  type ChannelHistory,
  type FeatureContext,
  fatigueOf,
  HISTORY_DAYS,
  lastSentAt,
  RECOVERY_HALF_LIFE_DAYS,
  repeatsOf,
} from './context.ts'
import { encodeDeclared, namesOf } from './encode-declared.ts'
import { halved } from './halved.ts'
import { logRate, USUAL_RESPONSE, USUAL_VISIT } from './log-rate.ts'
import { type MomentColumns, putMoment, recentMoment } from './moment-columns.ts'
import { usualHours } from './usual-hours.ts'

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
  readonly candidate: Pick<Candidate, 'channel' | 'sendAt'>
}

/**
 * Turns users, moments and actions into numbers, the same way online and in batch.
 * Baseline g(x) describes user and moment; action features ψ(x, a) describe a send, and `hold` is the zero vector,
 * so that ψ·w is the incremental effect against `hold`.
 */
export interface FeatureEncoder {
  readonly baselineNames: readonly string[]
  readonly actionNames: readonly string[]
  /** So many columns of ψ, the first ones, are written here; the others tell what models expect. */
  readonly ownWidth: number
  /** Column of ψ that indicates the channel. */
  readonly channelColumns: Readonly<Partial<Record<Channel, number>>>
  /** Column of ψ with the incremental claim for the objective. */
  readonly claimColumns: Readonly<Record<string, number>>
  /** By objective of the model `response` and channel: where its expected outcome goes, in effect units; never written here. */
  readonly expectedColumns: Readonly<Record<string, Readonly<Partial<Record<Channel, number>>>>>
  /** By objective of the artifact: where what the slow model says of it goes, in effect units; never written here. */
  readonly slowColumns: Readonly<Record<string, number>>
  /** Column of ψ with the fatigue of each channel; none where no objective looks at sends. */
  readonly fatigueColumns: Readonly<Partial<Record<Channel, number>>>
  encodeBaseline(context: FeatureContext, out: Float64Array): void
  /** Writes ψ(x, a) at `offset`; `out` must be zero there. */
  encodeAction(context: FeatureContext, action: ActionToEncode, target: Target): void
  /** The same for all actions of one context; what lay in `rows` is overwritten. Those of one opportunity and variant should come together. */
  encodeActions(context: FeatureContext, actions: readonly ActionToEncode[], rows: ActionRows): void
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

/** Columns of `SEND_NAMES` but the first and the last. */
function putSend(history: ChannelHistory, { sine2, cosine2 }: MomentColumns, { out, offset }: Target): void {
  out[offset + 13] = logRate(history.answers28d, history.sends28d, USUAL_RESPONSE)
  out[offset + 14] = sine2
  out[offset + 15] = cosine2
}

/**
 * The moment again, in the columns of the user's segment. All of it adds up in log odds: what everybody does at that hour, what the segment does
 * differently, what the user does differently (`usualHours`); each is shrunk to the one before.
 */
function putSegmentHours(
  { spec, start }: NonNullable<ActionLayout['segments']>,
  x: FeatureContext,
  { moment, out, offset }: Target & { readonly moment: MomentColumns },
): void {
  const value = x.traits[spec.name]
  const segment = value === undefined ? -1 : spec.values.indexOf(String(value))
  if (segment < 0) return
  const at = offset + start + segment * SEGMENT_WIDTH
  out[at] = moment.sine
  out[at + 1] = moment.cosine
  out[at + 2] = moment.sine2
  out[at + 3] = moment.cosine2
  out[at + 4] = moment.weekend
}

/** ln of the first positive claim over what is usual; 0 where nothing is claimed. */
function logClaimOf(claims: ActionLayout['claims'], opportunity: Opportunity): number {
  for (const { objective, estimate } of opportunity.claims) {
    const usual = claims.get(objective)?.usual
    if (usual !== undefined && estimate > 0) {
      return Math.max(-CLAIM_CLIP, Math.min(CLAIM_CLIP, Math.log(estimate / usual)))
    }
  }
  return 0
}

/** How fresh the message family still is, 1 just sent, 0 not sent lately. */
function recencyOf(x: FeatureContext, message: string): number {
  const last = lastSentAt(x, message)
  return last === undefined ? 0 : halved((x.now - last) / DAY_MS / RECOVERY_HALF_LIFE_DAYS)
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

/** What a match looks at in a proposal. */
function proposedAs(name: string, opportunity: Opportunity): Scalar | undefined {
  if (name === 'topic' || name === 'message' || name === 'producer') return opportunity[name]
  return opportunity.features[name]
}

function putMatches(
  matches: ActionLayout['matches'],
  { traits }: FeatureContext,
  { opportunity, out, offset }: Target & { readonly opportunity: Opportunity },
): void {
  for (let i = 0; i < matches.length; i += 1) {
    const { spec, column } = matches[i]!
    const liked = traits[spec.trait]
    const proposed = proposedAs(spec.name, opportunity)
    out[offset + column] = liked !== undefined && proposed !== undefined && String(liked) === String(proposed) ? 1 : 0
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

function clearColumns(row: Float64Array, columns: Int32Array): void {
  for (let i = 0; i < columns.length; i += 1) row[columns[i]!] = 0
}

/** The first way of this channel and moment among those of earlier actions, or −1. */
function wayLike(
  actions: readonly ActionToEncode[],
  { channel, sendAt }: ActionToEncode['candidate'],
  { firstOf, count }: { readonly firstOf: readonly number[]; readonly count: number },
): number {
  for (let way = 0; way < count; way += 1) {
    const { candidate } = actions[firstOf[way]!]!
    if (candidate.channel === channel && candidate.sendAt === sendAt) return way
  }
  return -1
}

/** Compiles schema, objectives and channels into an encoder; pure, so it may be kept. */
export function compileFeatures(parts: EncoderParts): FeatureEncoder {
  const baseline = placed(parts.features.features.filter(isCommon), BASELINE_NAMES.length)
  const layout = layoutOf(parts)
  const bucketOf = messageBuckets(layout.messageBuckets)
  const momentAt = recentMoment()
  const hoursAt = recentHours()
  // Working memory: full rows of what all actions share, of one way and of one proposal; by way, its first action.
  const user = new Float64Array(layout.width)
  const way = new Float64Array(layout.width)
  const proposal = new Float64Array(layout.width)
  const firstOf: number[] = []

  const putOpportunity = (x: FeatureContext, opportunity: Opportunity, target: Target): void => {
    const { out, offset } = target
    out[offset + RECENCY_COLUMN] = recencyOf(x, opportunity.message)
    if (layout.messageBuckets > 0) {
      const bucket = bucketOf(opportunity.message)
      out[offset + layout.messageStart + bucket] = 1
      if (layout.looksAtSends) out[offset + layout.logClaimStart + bucket] = logClaimOf(layout.claims, opportunity)
    }
    if (layout.looksAtSends) out[offset + REPEATS_COLUMN] = repeatsOf(x, opportunity.message) * FATIGUE_UNIT
    putClaims(layout.claims, opportunity, target)
    putDeclared(layout.ofOpportunity, opportunity.features, target)
    putMatches(layout.matches, x, { ...target, opportunity })
  }

  /** What channel and moment add to a row that already tells of the user. */
  const putWay = (x: FeatureContext, { channel, sendAt }: ActionToEncode['candidate'], target: Target): void => {
    const { out, offset } = target
    putChannel(x.channels[channel], target)
    const moment = momentAt(x.zone, sendAt)
    putMoment(moment, out, offset + 8)
    out[offset + 11] = Math.min(2, (sendAt - x.now) / (24 * HOUR_MS))
    const column = layout.channelColumns[channel]
    if (column !== undefined) out[offset + column] = 1
    if (layout.segments !== null) putSegmentHours(layout.segments, x, { moment, out, offset })
    if (layout.looksAtSends) {
      putSend(x.channels[channel], moment, target)
      out[offset + 16] = hoursAt(x, moment)
      const visits = layout.visitColumns[channel]
      if (visits !== undefined) out[offset + visits] = logRate(x.visits28d, HISTORY_DAYS, USUAL_VISIT)
      const tired = layout.fatigueColumns[channel]
      if (tired !== undefined) out[offset + tired] = fatigueOf(x, channel) * FATIGUE_UNIT
    }
  }

  const putVariant = ({ features = NO_FEATURES }: Variant, target: Target): void => {
    putDeclared(layout.ofVariant, features, target)
  }

  const encodeWays = (x: FeatureContext, actions: readonly ActionToEncode[], { ways, wayOf }: ActionRows): void => {
    ways.size[0] = 0
    user.fill(0)
    putUser(x, user, 0)
    putCommon(layout.common, x, { out: user, offset: 0 })
    for (let i = 0; i < actions.length; i += 1) {
      const { candidate } = actions[i]!
      const known = wayLike(actions, candidate, { firstOf, count: ways.size[0]! })
      wayOf[i] = known
      if (known >= 0) continue
      way.set(user)
      putWay(x, candidate, { out: way, offset: 0 })
      const added = appendRow(ways, way, layout.wayColumns)
      firstOf[added] = i
      wayOf[i] = added
    }
  }

  const encodeProposals = (
    x: FeatureContext,
    actions: readonly ActionToEncode[],
    { proposals, proposalOf }: ActionRows,
  ): void => {
    proposals.size[0] = 0
    let opportunity: Opportunity | undefined
    let variant: Variant | undefined
    let row = -1
    for (let i = 0; i < actions.length; i += 1) {
      const action = actions[i]!
      if (action.opportunity !== opportunity) {
        opportunity = action.opportunity
        variant = undefined
        clearColumns(proposal, layout.proposalColumns)
        putOpportunity(x, opportunity, { out: proposal, offset: 0 })
      }
      if (action.variant !== variant) {
        variant = action.variant
        clearColumns(proposal, layout.variantColumns)
        putVariant(variant, { out: proposal, offset: 0 })
        row = appendRow(proposals, proposal, layout.proposalColumns)
      }
      proposalOf[i] = row
    }
  }

  return {
    baselineNames: [...BASELINE_NAMES, ...baseline.flatMap(({ spec }) => namesOf(spec))],
    actionNames: layout.names,
    ownWidth: layout.expectedStart,
    channelColumns: layout.channelColumns,
    expectedColumns: layout.expectedColumns,
    slowColumns: layout.slowColumns,
    fatigueColumns: layout.fatigueColumns,
    claimColumns: Object.fromEntries(Array.from(layout.claims, ([name, { incremental }]) => [name, incremental])),

    encodeBaseline(x, out) {
      putVisits(x, out)
      putMoment(momentAt(x.zone, x.now), out, 6)
      putCommon(baseline, x, { out, offset: 0 })
    },

    encodeAction(x, { opportunity, variant, candidate }, target) {
      putUser(x, target.out, target.offset)
      putCommon(layout.common, x, target)
      putOpportunity(x, opportunity, target)
      putWay(x, candidate, target)
      putVariant(variant, target)
    },

    encodeActions(x, actions, rows) {
      encodeWays(x, actions, rows)
      encodeProposals(x, actions, rows)
    },
  }
}

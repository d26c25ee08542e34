import {
  CHANNELS,
  type Channel,
  type ChannelRule,
  DAY_MS,
  type EpochMs,
  type FeatureSchema,
  type FeatureSource,
  type FeatureSpec,
  HOUR_MS,
  localTime,
  type Objective,
  type Opportunity,
  type Variant,
} from '../domain/index.ts'
import { murmur3 } from '../random/index.ts'
import { type FeatureContext, HISTORY_DAYS } from './context.ts'
import { encodeDeclared, namesOf, widthOf } from './encode-declared.ts'

/** Novelty returns with this half-life after a message family was sent (Yancey & Settles, KDD 2020: 15 days). */
const RECOVERY_HALF_LIFE_DAYS = 15
/** Claims are divided by the objective's noise and clipped here. */
const CLAIM_CLIP = 3
const MINUTES_PER_DAY = 1440
/** Saturdays and Sundays, with Monday = 0. */
const FIRST_WEEKEND_DAY = 5
const MESSAGE_SEED = 0x6d657373

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
  encodeBaseline(context: FeatureContext, out: Float64Array): void
  /** Writes ψ(x, a) at `offset`; `out` must be zero there. */
  encodeAction(
    context: FeatureContext,
    action: ActionToEncode,
    target: { readonly out: Float64Array; readonly offset: number },
  ): void
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

function declared(schema: FeatureSchema, sources: readonly FeatureSource[]): readonly FeatureSpec[] {
  return schema.features.filter((spec) => sources.includes(spec.source))
}

function encodeMoment(
  zone: string,
  at: EpochMs,
  target: { readonly out: Float64Array; readonly offset: number },
): void {
  const local = localTime(zone, at)
  const angle = (2 * Math.PI * local.minuteOfDay) / MINUTES_PER_DAY
  target.out[target.offset] = Math.sin(angle)
  target.out[target.offset + 1] = Math.cos(angle)
  target.out[target.offset + 2] = local.dayOfWeek >= FIRST_WEEKEND_DAY ? 1 : 0
}

/** Compiles schema, objectives and channels into an encoder; pure, so it may be kept. */
export function compileFeatures({ features, objectives, channels }: EncoderParts): FeatureEncoder {
  const baselineSpecs = declared(features, ['user', 'context'])
  const actionSpecs = declared(features, ['user', 'context', 'opportunity', 'variant'])
  const used = CHANNELS.filter((channel) => channels[channel] !== undefined)
  const channelStart = ACTION_NAMES.length
  const messageStart = channelStart + used.length
  const claimStart = messageStart + features.messageBuckets
  const declaredStart = claimStart + objectives.length
  const channelColumns = Object.fromEntries(used.map((channel, i) => [channel, channelStart + i]))
  const buckets = new Map<string, number>()

  const bucketOfMessage = (message: string): number => {
    const known = buckets.get(message)
    if (known !== undefined) return known
    const bucket = murmur3(message, MESSAGE_SEED) % features.messageBuckets
    buckets.set(message, bucket)
    return bucket
  }

  const encodeClaims = (opportunity: Opportunity, out: Float64Array, offset: number): void => {
    for (const claim of opportunity.claims) {
      const k = objectives.findIndex((objective) => objective.name === claim.objective)
      if (k < 0) continue
      const noise = objectives[k]!.noiseSd ?? 1
      out[offset + k] = Math.max(-CLAIM_CLIP, Math.min(CLAIM_CLIP, claim.estimate / noise))
    }
  }

  const encodeHistory = (x: FeatureContext, action: ActionToEncode, out: Float64Array, offset: number): void => {
    const channel = x.channels[action.channel]
    const last = x.lastSentAt.get(action.opportunity.message)
    out[offset] = 1
    out[offset + 1] = channel.sends1d
    out[offset + 2] = channel.sends7d / 4
    out[offset + 3] = x.sends7d / 8
    out[offset + 4] = Math.min(1, channel.responses28d / (channel.sends28d + 2))
    out[offset + 5] = last === undefined ? 0 : 0.5 ** ((x.now - last) / DAY_MS / RECOVERY_HALF_LIFE_DAYS)
    out[offset + 6] = x.visits7d / 7
    out[offset + 7] = x.daysSinceVisit / HISTORY_DAYS
  }

  return {
    baselineNames: [...BASELINE_NAMES, ...baselineSpecs.flatMap(namesOf)],
    actionNames: [
      ...ACTION_NAMES,
      ...used.map((channel) => `channel=${channel}`),
      ...Array.from({ length: features.messageBuckets }, (_, i) => `message bucket ${i}`),
      ...objectives.map((objective) => `claim ${objective.name}`),
      ...actionSpecs.flatMap(namesOf),
    ],
    channelColumns,

    encodeBaseline(x, out) {
      out[0] = 1
      out[1] = x.visits7d / 7
      out[2] = x.visits28d / HISTORY_DAYS
      out[3] = x.daysSinceVisit / HISTORY_DAYS
      out[4] = x.sends7d / 8
      out[5] = CHANNELS.reduce((sum, channel) => sum + x.channels[channel].responses28d, 0) / 8
      encodeMoment(x.zone, x.now, { out, offset: 6 })
      let column = BASELINE_NAMES.length
      for (const spec of baselineSpecs) {
        column += encodeDeclared(spec, spec.source === 'user' ? x.traits : x.context, { out, offset: column })
      }
    },

    encodeAction(x, action, { out, offset }) {
      encodeHistory(x, action, out, offset)
      encodeMoment(x.zone, action.sendAt, { out, offset: offset + 8 })
      out[offset + 11] = Math.min(2, (action.sendAt - x.now) / (24 * HOUR_MS))
      const column = channelColumns[action.channel]
      if (column !== undefined) out[offset + column] = 1
      if (features.messageBuckets > 0) out[offset + messageStart + bucketOfMessage(action.opportunity.message)] = 1
      encodeClaims(action.opportunity, out, offset + claimStart)
      let next = offset + declaredStart
      for (const spec of actionSpecs) {
        next += encodeDeclared(spec, bagOf(spec.source, x, action), { out, offset: next })
      }
    },
  }
}

function bagOf(
  source: FeatureSource,
  x: FeatureContext,
  action: ActionToEncode,
): Readonly<Record<string, string | number | boolean>> {
  if (source === 'user') return x.traits
  if (source === 'context') return x.context
  return source === 'opportunity' ? action.opportunity.features : (action.variant.features ?? {})
}

/** Total columns a schema adds, for sizing. */
export function declaredWidth(schema: FeatureSchema): number {
  return schema.features.reduce((sum, spec) => sum + widthOf(spec), 0)
}

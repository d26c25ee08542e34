import {
  AGGREGATES,
  type Aggregate,
  CATEGORIES,
  CHANNELS,
  type Channel,
  FEATURE_SOURCES,
  type FeatureSchema,
  GROUPS,
  type Group,
  type GroupRule,
  type MessageSettings,
  OBJECTIVE_MODELS,
  type Objective,
  type ObjectiveModel,
  REACH_LOSSES,
  type Rules,
  type SharedLimit,
} from '@paloma/core/domain'
import { z } from 'zod'
import { artifactSchema } from './artifact-schema.ts'
import type { AdapterConfig, Config, EventRules } from './contract.ts'
import type { Disagreement } from './disagreement.ts'
import { experimentSettingsSchema } from './experiment-settings-schema.ts'
import { factMetricSchema } from './metric-schema.ts'
import { policySchema } from './policy-schema.ts'
import { impossibleTargets, priceTargetSchema } from './price-target-schema.ts'
import { retentionSchema, wrongRetention } from './retention-schema.ts'
import { wrongObjectives } from './wrong-objectives.ts'

const TOTAL_SHARE = 1_000_000

const name = z.string().min(1).max(256)
const names = z.array(name).readonly()
const channel = z.enum(CHANNELS)
const share = z.int().min(0).max(TOTAL_SHARE)
const positive = z.number().positive()
const minuteOfDay = z.int().min(0).max(1_440)
const webUrl = z.url({ protocol: /^https?$/, error: 'expected an http or https URL' })

/** An IANA time zone that this runtime knows. */
export const timeZoneSchema: z.ZodType<string> = z
  .string()
  .max(256)
  .refine(isTimeZone, { error: 'expected an IANA time zone such as "Europe/Berlin"' })

function isTimeZone(value: string): boolean {
  if (/^[+-]/.test(value)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: value })
    return true
  } catch (cause) {
    if (cause instanceof RangeError) return false
    throw cause
  }
}

const objectiveMembers = z.strictObject({
  name,
  events: names,
  aggregate: z.enum(AGGREGATES),
  valueProperty: name.exactOptional(),
  windowHours: positive.max(24 * 366),
  unit: name,
  weight: z.number(),
  scale: z.number().exactOptional(),
  priorEffect: z.partialRecord(channel, z.number()).exactOptional(),
  priorEffectSd: positive.exactOptional(),
  noiseSd: positive.exactOptional(),
  model: z.enum(OBJECTIVE_MODELS).exactOptional(),
  worth: positive.exactOptional(),
  habit: z.number().exactOptional(),
  earlyHours: positive.exactOptional(),
  traced: z.partialRecord(channel, positive.max(1)).exactOptional(),
  lookAheadDays: z.number().min(0).max(365).exactOptional(),
  worthPerDay: positive.exactOptional(),
})

/** The models that each way of counting may have. */
const MODELS_OF: Readonly<Record<Aggregate, readonly ObjectiveModel[]>> = {
  sum: ['effect', 'response'],
  any: ['effect', 'response', 'visit'],
  activeDays: ['effect'],
  reachLost: ['effect', 'hazard'],
}

const objectiveSchema: z.ZodType<Objective> = objectiveMembers.refine(
  ({ aggregate, model = 'effect' }) => MODELS_OF[aggregate].includes(model),
  {
    path: ['model'],
    error:
      'expected `hazard` or `effect` for `reachLost`, `response` or `effect` for `sum`, `response`, `visit` or `effect` for `any`, `effect` for `activeDays`',
  },
)

const scope = {
  channels: z.array(channel).exactOptional(),
  categories: z.array(z.enum(CATEGORIES)).exactOptional(),
  topics: names.exactOptional(),
  messages: names.exactOptional(),
}

const capWindow = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('rolling'), hours: positive.max(24 * 28) }),
  z.strictObject({ kind: z.literal('calendarDays'), days: z.int().min(1).max(28) }),
])

/** The limits of the owner, as an experiment's variant may set others. */
export const limitSchemas: {
  readonly caps: z.ZodType<Rules['caps']>
  readonly gaps: z.ZodType<Rules['gaps']>
  readonly quietHours: z.ZodType<Rules['quietHours']>
  readonly slots: z.ZodType<Rules['slots']>
} = {
  caps: z.array(z.strictObject({ ...scope, name, max: z.int().min(0), window: capWindow })),
  gaps: z.array(z.strictObject({ ...scope, name, minutes: positive.max(60 * 24 * 28) })),
  quietHours: z.array(
    z.strictObject({
      ...scope,
      startMinute: minuteOfDay,
      endMinute: minuteOfDay,
      behaviour: z.enum(['wait', 'lapse']),
    }),
  ),
  slots: z.strictObject({
    localHours: z.array(z.int().min(0).max(23)),
    horizonHours: z
      .number()
      .min(0)
      .max(24 * 14),
  }),
}

const rulesSchema: z.ZodType<Rules> = z.strictObject({
  channels: z.partialRecord(
    channel,
    z.strictObject({
      consent: z.enum(['opt-in', 'opt-out']),
      pricePerSend: z.number().min(0),
      showsOne: z.boolean().exactOptional(),
    }),
  ),
  ...limitSchemas,
  timeZone: timeZoneSchema,
})

const featureSchema: z.ZodType<FeatureSchema> = z.strictObject({
  features: z.array(
    z.discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('number'),
        name,
        source: z.enum(FEATURE_SOURCES),
        centre: z.number(),
        scale: positive,
        log1p: z.boolean().exactOptional(),
        missing: z.number().exactOptional(),
      }),
      z.strictObject({
        kind: z.literal('category'),
        name,
        source: z.enum(FEATURE_SOURCES),
        values: z.array(name).min(1).max(1_000),
      }),
      z.strictObject({ kind: z.literal('boolean'), name, source: z.enum(FEATURE_SOURCES) }),
      z.strictObject({ kind: z.literal('match'), name, source: z.literal('opportunity'), trait: name }),
    ]),
  ),
  messageBuckets: z.int().min(0).max(1_024),
  variantBuckets: z.int().min(0).max(1_024).exactOptional(),
  hoursBy: name.exactOptional(),
})

/** How a group, or a variant of an experiment, decides. */
export const groupRule: z.ZodType<GroupRule> = z.strictObject({ share, policy: policySchema })
const groupsSchema: z.ZodType<Readonly<Record<Group, GroupRule>>> = z.record(z.enum(GROUPS), groupRule)

const eventsSchema: z.ZodType<EventRules> = z
  .strictObject({
    visits: names,
    responses: z.record(name, channel),
    reachLosses: z.record(name, z.strictObject({ loss: z.enum(REACH_LOSSES), channel })),
    returns: z.record(name, channel),
    softBounces: z.int().min(1).max(100),
  })
  .superRefine(({ reachLosses, returns }, context) => {
    for (const event of Object.keys(returns).filter((each) => Object.hasOwn(reachLosses, each))) {
      const message = 'expected an event that is no loss of reach'
      context.addIssue({ code: 'custom', path: ['returns', event], message, input: event })
    }
  })

const adapterSchema: z.ZodType<AdapterConfig> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('inbox') }),
  z.strictObject({
    kind: z.literal('smtp'),
    url: z.url({ protocol: /^smtps?$/, error: 'expected an smtp or smtps URL' }),
    from: z.string().min(3).max(998),
    returnPath: z.string().min(3).max(320).exactOptional(),
    unsubscribeMailto: z.string().min(3).max(998).exactOptional(),
    dkim: z.strictObject({ domain: name, selector: name, privateKey: z.string().min(1) }).exactOptional(),
  }),
  z.strictObject({
    kind: z.literal('web-push'),
    subject: z.url({ protocol: /^(https|mailto)$/, error: 'expected a mailto: or https URL' }),
    vapidPublicKey: z.string().min(1),
    vapidPrivateKey: z.string().min(1),
    ttlSeconds: z.int().min(0).max(2_419_200),
    urgency: z.enum(['very-low', 'low', 'normal', 'high']),
  }),
  z.strictObject({
    kind: z.literal('webhook'),
    url: webUrl,
    secret: z.string().min(16),
    timeoutMs: z.int().min(100).max(120_000),
  }),
])

const learningSchema: z.ZodType<Config['learning']> = z.strictObject({
  latenessHours: z.number().min(0).max(720),
  everyMinutes: positive.max(1_440),
  halfLifeDays: z.number().min(0),
  groups: z.array(z.enum(GROUPS)),
  relearnDays: z.int().min(0).max(3_650),
  keepStates: z.int().min(1),
})

const messagesSchema: z.ZodType<MessageSettings> = z.strictObject({
  variants: z.record(name, z.strictObject({ audience: z.int().min(1).max(1e10), floor: z.number().min(0).lt(1) })),
  beliefs: names,
  traits: z.record(name, z.record(name, z.number())),
})

const limitsSchema: z.ZodType<Config['limits']> = z.strictObject({
  userStatesInMemory: z.int().min(1),
  batchItems: z.int().min(1).max(100_000),
  bodyBytes: z.int().min(1_024).max(104_857_600),
  eventBytes: z.int().min(256),
  requestsPerMinute: z.int().min(1).nullable(),
})

const sharedLimitSchema: z.ZodType<SharedLimit> = z.strictObject({
  name,
  channel: channel.exactOptional(),
  message: name.exactOptional(),
  sendsPerDay: z.int().min(0).max(1e12),
})

/** What a whole configuration must be, its parts agreeing with one another. */
export const configSchema: z.ZodType<Config> = z
  .strictObject({
    objectives: z.array(objectiveSchema).min(1),
    rules: rulesSchema,
    features: featureSchema,
    groups: groupsSchema,
    groupSalt: name,
    prices: z.record(name, z.number().min(0)),
    priceTargets: z.array(priceTargetSchema).max(100),
    events: eventsSchema,
    adapters: z.partialRecord(channel, adapterSchema),
    learning: learningSchema,
    messages: messagesSchema.nullable(),
    artifact: artifactSchema.nullable(),
    metrics: z.array(factMetricSchema).max(1_000),
    experiments: experimentSettingsSchema,
    sharedLimits: z.array(sharedLimitSchema).max(100),
    retention: retentionSchema,
    limits: limitsSchema,
  })
  .superRefine((config, context) => {
    for (const { path, message, input } of disagreements(config)) {
      context.addIssue({ code: 'custom', path: [...path], message, input })
    }
  })

function disagreements(config: Config): readonly Disagreement[] {
  return [
    ...repeatedNames(config.objectives, ['objectives']),
    ...repeatedNames(config.sharedLimits, ['sharedLimits']),
    ...repeatedNames(config.priceTargets, ['priceTargets']),
    ...impossibleTargets(config),
    ...repeatedNames(config.metrics, ['metrics']),
    ...repeatedNames(config.rules.caps, ['rules', 'caps']),
    ...repeatedNames(config.rules.gaps, ['rules', 'gaps']),
    ...emptyQuietHours(config),
    ...wrongShares(config),
    ...wrongAdapters(config),
    ...wrongEventBytes(config),
    ...uncountedMessages(config),
    ...unknownBeliefs(config),
    ...unknownSegment(config),
    ...wrongObjectives(config),
    ...wrongRetention(config),
  ]
}

function repeatedNames(items: readonly { readonly name: string }[], path: readonly string[]): readonly Disagreement[] {
  const seen = new Set<string>()
  return items.flatMap((item, index) => {
    if (!seen.has(item.name)) {
      seen.add(item.name)
      return []
    }
    return [{ path: [...path, index, 'name'], message: 'expected a name used only once', input: item.name }]
  })
}

function emptyQuietHours({ rules }: Config): readonly Disagreement[] {
  return rules.quietHours.flatMap((rule, index) =>
    rule.startMinute === rule.endMinute
      ? [
          {
            path: ['rules', 'quietHours', index, 'endMinute'],
            message: 'expected a minute other than startMinute',
            input: rule.endMinute,
          },
        ]
      : [],
  )
}

function wrongShares({ groups }: Config): readonly Disagreement[] {
  const sum = GROUPS.reduce((total, group) => total + groups[group].share, 0)
  if (sum === TOTAL_SHARE) return []
  return [{ path: ['groups'], message: `expected shares (in millionths) that sum to ${TOTAL_SHARE}`, input: sum }]
}

const ADAPTER_KINDS: Readonly<Record<Channel, readonly AdapterConfig['kind'][]>> = {
  push: ['web-push', 'webhook'],
  email: ['smtp', 'webhook'],
  'in-app': ['inbox', 'webhook'],
  sms: ['webhook'],
  webhook: ['webhook'],
}

function wrongAdapters({ adapters }: Config): readonly Disagreement[] {
  return CHANNELS.flatMap((each) => {
    const kind = adapters[each]?.kind
    if (kind === undefined || ADAPTER_KINDS[each].includes(kind)) return []
    return [
      {
        path: ['adapters', each, 'kind'],
        message: `expected ${ADAPTER_KINDS[each].map((k) => `"${k}"`).join(' or ')} for the channel ${each}`,
        input: kind,
      },
    ]
  })
}

function wrongEventBytes({ limits }: Config): readonly Disagreement[] {
  if (limits.eventBytes <= limits.bodyBytes) return []
  return [
    {
      path: ['limits', 'eventBytes'],
      message: `expected at most limits.bodyBytes (${limits.bodyBytes})`,
      input: limits.eventBytes,
    },
  ]
}

/** Whether a message is new is read from counts, which are kept only where messages are learned of. */
function uncountedMessages({ groups, messages }: Config): readonly Disagreement[] {
  if (messages !== null) return []
  return GROUPS.flatMap((group) => {
    const { policy } = groups[group]
    if (policy.kind !== 'bounded' || policy.newMessages === undefined) return []
    const message = 'expected `messages` to be set too, e.g. `messages: {}`, so that sends are counted'
    return [{ path: ['groups', group, 'policy', 'newMessages'], message, input: policy.newMessages }]
  })
}

function unknownBeliefs({ objectives, messages }: Config): readonly Disagreement[] {
  const possible = objectives.flatMap(({ name, model }) => (model === 'hazard' ? [] : [name]))
  return (messages?.beliefs ?? []).flatMap((belief, index) => {
    if (possible.includes(belief)) return []
    const message = `expected an objective that is not counted by hazards: ${possible.join(', ')}`
    return [{ path: ['messages', 'beliefs', index], message, input: belief }]
  })
}

function unknownSegment({ features: { features, hoursBy } }: Config): readonly Disagreement[] {
  const segments = features.flatMap(({ kind, source, name: each }) =>
    kind === 'category' && source === 'user' ? [each] : [],
  )
  if (hoursBy === undefined || segments.includes(hoursBy)) return []
  const message = `expected the name of a declared category of users: ${segments.join(', ') || 'none is declared'}`
  return [{ path: ['features', 'hoursBy'], message, input: hoursBy }]
}

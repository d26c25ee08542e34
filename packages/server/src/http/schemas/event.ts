import { randomUUID } from 'node:crypto'
import type { EpochMs } from '@paloma/core/domain'
import type { WireBatchAnswer, WireItemError } from '@paloma/sdk'
import { z } from 'zod'
import { timeZoneSchema } from '../../config/config-schema.ts'
import { shown } from '../../config/issues.ts'
import type { IncomingEvent } from '../../usecases/contract.ts'
import { MAX_NAME, named, nameSchema, timeSchema } from './atoms.ts'
import { itemErrorSchema, itemResultSchema } from './problem.ts'
import { emailSchema, localeSchema } from './user.ts'

const EVENT_TYPES = ['identify', 'track', 'page', 'screen', 'group', 'alias'] as const

/** Some of Segment's libraries send numeric ids, and null for an id they do not have. */
const looseId = z
  .union([z.string().max(MAX_NAME), z.number()])
  .nullish()
  .transform((id): string | undefined => (id === null || id === undefined || id === '' ? undefined : String(id)))

const looseMap = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((map): Readonly<Record<string, unknown>> => map ?? {})

const looseTime = timeSchema.nullish().transform((time): EpochMs | undefined => time ?? undefined)
const looseName = z
  .string()
  .max(MAX_NAME)
  .nullish()
  .transform((name): string => name ?? '')

const given = z.object({
  type: z.enum(EVENT_TYPES),
  messageId: looseId,
  userId: looseId,
  anonymousId: looseId,
  previousId: looseId,
  groupId: looseId,
  event: looseName,
  name: looseName,
  timestamp: looseTime,
  originalTimestamp: looseTime,
  sentAt: looseTime,
  receivedAt: looseTime,
  properties: looseMap,
  traits: looseMap,
  context: looseMap,
})

type Given = z.infer<typeof given>

/** A Segment-shaped event; members that we do not know are tolerated and dropped. */
export const eventSchema: z.ZodType<IncomingEvent> = named(
  'Event',
  given
    .superRefine((event, context) => {
      const fault = faultOf(event)
      if (fault !== undefined) context.addIssue({ code: 'custom', path: [fault[0]], message: fault[1] })
      const address = addressFault(event)
      if (address !== undefined) context.addIssue({ code: 'custom', path: ['traits', 'email'], message: address })
    })
    .transform(incoming),
)

function faultOf(event: Given): readonly [string, string] | undefined {
  if (event.userId === undefined && event.anonymousId === undefined) {
    return ['userId', 'expected a userId or an anonymousId']
  }
  if (event.type === 'track' && event.event === '') return ['event', 'expected the name of the event']
  if (event.type === 'alias' && event.previousId === undefined) return ['previousId', 'expected the id to be merged']
  if (event.type === 'group' && event.groupId === undefined) return ['groupId', 'expected the id of the group']
  return undefined
}

/** What identify says of an address must be one, or sends to it would fail later and elsewhere. */
function addressFault({ type, traits }: Given): string | undefined {
  const { email } = traits
  if (type !== 'identify' || typeof email !== 'string' || emailSchema.safeParse(email).success) return undefined
  return `expected an e-mail address, got ${shown(email)}`
}

/** The context as devices send it, without a time zone or language that no calendar knows. */
function knownContext(context: Given['context']): Given['context'] {
  const checks = { timezone: timeZoneSchema, locale: localeSchema }
  const bad = Object.entries(checks).filter(([name, schema]) => !schema.safeParse(context[name]).success)
  return Object.fromEntries(Object.entries(context).filter(([name]) => !bad.some(([unknown]) => unknown === name)))
}

/** Times of the device; who forwards for it and says when he received it has corrected `timestamp` by then. */
function timesOf(event: Given): Pick<IncomingEvent, 'timestamp' | 'sentAt'> {
  const { timestamp, originalTimestamp, sentAt, receivedAt } = event
  if (timestamp !== undefined && originalTimestamp !== undefined && receivedAt !== undefined) return { timestamp }
  const at = originalTimestamp ?? timestamp
  return { ...(at === undefined ? {} : { timestamp: at }), ...(sentAt === undefined ? {} : { sentAt }) }
}

function incoming(event: Given): IncomingEvent {
  return {
    type: event.type,
    messageId: event.messageId ?? `paloma-${randomUUID()}`,
    userId: event.userId ?? event.anonymousId ?? '',
    ...(event.userId === undefined || event.anonymousId === undefined ? {} : { anonymousId: event.anonymousId }),
    ...(event.previousId === undefined ? {} : { previousId: event.previousId }),
    name: event.type === 'track' ? event.event : event.name,
    ...timesOf(event),
    properties: event.groupId === undefined ? event.properties : { ...event.properties, groupId: event.groupId },
    traits: event.traits,
    context: event.type === 'identify' ? knownContext(event.context) : event.context,
  }
}

/** The body of `/v1/batch`, for the document; its items are checked one by one. */
export const batchBodySchema: z.ZodType<unknown> = z.object({
  batch: z.array(eventSchema),
  context: z.record(z.string(), z.unknown()).exactOptional(),
  integrations: z.record(z.string(), z.unknown()).exactOptional(),
  sentAt: timeSchema.exactOptional(),
  writeKey: nameSchema.exactOptional(),
})

const messageValue = z.object({ messageId: z.string() })

export const batchAnswerSchema: z.ZodType<WireBatchAnswer> = z.object({
  success: z.boolean(),
  results: z.array(itemResultSchema(messageValue)),
})

export const eventAnswerSchema: z.ZodType<{
  readonly success: true
  readonly messageId: string
  readonly status: 'created' | 'duplicate' | 'updated'
  readonly warnings?: readonly WireItemError[]
}> = z.object({
  success: z.literal(true),
  messageId: z.string(),
  status: z.enum(['created', 'duplicate', 'updated']),
  warnings: z.array(itemErrorSchema).exactOptional(),
})

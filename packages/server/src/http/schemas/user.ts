import { CONSENT_STATES, type ConsentState, GROUPS } from '@paloma/core/domain'
import type { WireUser, WireUserDetail } from '@paloma/sdk'
import { z } from 'zod'
import { timeZoneSchema } from '../../config/config-schema.ts'
import type { UserPatch } from '../../usecases/contract.ts'
import {
  channelSchema,
  isoSchema,
  mapOf,
  named,
  nameSchema,
  scalarSchema,
  scalarsSchema,
  timeSchema,
  userIdSchema,
} from './atoms.ts'

const consentState: z.ZodType<ConsentState> = z.enum(CONSENT_STATES)
const channelKey = z.enum(['push', 'email', 'in-app', 'sms', 'webhook'])

/** An address as it may be written to. */
export const emailSchema: z.ZodType<string> = z
  .string()
  .min(3)
  .max(320)
  .regex(/^[^\s@<>]+@[^\s@<>]+$/, { error: 'expected an e-mail address' })
const phone = z.string().regex(/^\+?[0-9]{4,20}$/, { error: 'expected a phone number in international form' })
const httpsUrl = z.url({ protocol: /^https?$/, error: 'expected an http or https URL' }).max(2_048)

/** As `PushSubscription.toJSON()` gives it; browsers add members we do not need. */
const pushInput = z.object({
  endpoint: httpsUrl,
  keys: z.object({ p256dh: z.string().min(1).max(512), auth: z.string().min(1).max(512) }),
})

const addressesInput = z.strictObject({
  email: emailSchema.nullable().exactOptional(),
  push: pushInput.nullable().exactOptional(),
  pushToken: z.string().min(1).max(4_096).nullable().exactOptional(),
  sms: phone.nullable().exactOptional(),
  webhook: httpsUrl.nullable().exactOptional(),
})

const consentInput = z.strictObject({
  channels: z.partialRecord(channelKey, consentState).exactOptional(),
  topics: mapOf(consentState).exactOptional(),
  channelTopics: z
    .record(
      z.string().regex(/^(push|email|in-app|sms|webhook):.{1,256}$/s, { error: 'expected "channel:topic"' }),
      consentState,
    )
    .exactOptional(),
  learning: z.boolean().exactOptional(),
  exploration: z.boolean().exactOptional(),
  saidAt: timeSchema.exactOptional(),
})

/** A language tag; Android writes an underscore. */
export const localeSchema: z.ZodType<string> = z
  .string()
  .regex(/^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$/, { error: 'expected a language tag such as "de-AT"' })
  .max(64)

const changes = {
  saidAt: timeSchema.exactOptional(),
  traits: mapOf(scalarSchema.nullable()).exactOptional(),
  timeZone: timeZoneSchema.nullable().exactOptional(),
  locale: localeSchema.nullable().exactOptional(),
  addresses: addressesInput.exactOptional(),
  consent: consentInput.exactOptional(),
}

/** Changes to a user whose id stands in the path. */
export const userChangesSchema: z.ZodType<Omit<UserPatch, 'userId'>> = named('UserChanges', z.strictObject(changes))

/** Changes to a user who is named. */
export const userPatchSchema: z.ZodType<UserPatch> = named(
  'UserPatch',
  z.strictObject({ userId: userIdSchema, ...changes }),
)

const wireUser = z.object({
  userId: z.string(),
  traits: scalarsSchema,
  timeZone: z.string().exactOptional(),
  locale: z.string().exactOptional(),
  addresses: z.object({
    email: z.string().exactOptional(),
    push: z.object({ endpoint: z.string(), keys: z.object({ p256dh: z.string(), auth: z.string() }) }).exactOptional(),
    sms: z.string().exactOptional(),
    webhook: z.string().exactOptional(),
    pushToken: z.string().exactOptional(),
  }),
  consent: z.object({
    channels: z.partialRecord(channelKey, consentState),
    topics: z.record(nameSchema, consentState),
    channelTopics: z.record(z.string(), consentState),
    learning: z.boolean(),
    exploration: z.boolean(),
  }),
  suppressions: z.array(
    z.object({
      channel: channelSchema,
      reason: z.enum(['bounce', 'complaint', 'opt-out', 'gone', 'manual']),
      since: isoSchema,
    }),
  ),
  createdAt: isoSchema,
})

export const wireUserSchema: z.ZodType<WireUser> = named('User', wireUser)
export const wireUserDetailSchema: z.ZodType<WireUserDetail> = named(
  'UserDetail',
  wireUser.extend({
    consentSaidAt: z.object({
      channels: z.partialRecord(channelKey, isoSchema),
      topics: z.record(nameSchema, isoSchema),
      channelTopics: z.record(z.string(), isoSchema),
      learning: isoSchema.exactOptional(),
      exploration: isoSchema.exactOptional(),
    }),
    liftedOptOuts: z.array(z.object({ channel: channelSchema, since: isoSchema })),
    group: z.enum(GROUPS),
    openOpportunities: z.int(),
  }),
)

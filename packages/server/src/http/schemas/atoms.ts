import {
  CHANNELS,
  type DecisionId,
  decisionId,
  type EpochMs,
  type OpportunityId,
  opportunityId,
  type Scalar,
  type SendId,
  sendId,
  type UserId,
  userId,
} from '@paloma/core/domain'
import { z } from 'zod'

interface SchemaMeta extends Record<string, unknown> {
  readonly id?: string
}

/** Names and notes of the schemas that appear in the OpenAPI document. */
export const apiSchemas: z.core.$ZodRegistry<SchemaMeta> = z.registry<SchemaMeta>()

/** Gives a schema a name in the OpenAPI document. */
export function named<S extends z.ZodType>(id: string, schema: S): S {
  apiSchemas.add(schema, { id })
  return schema
}

/** Earliest and latest moment that may be named: 2000-01-01 to 2100-01-01. */
export const EARLIEST_MS: EpochMs = Date.UTC(2000, 0, 1)
const LATEST_MS = Date.UTC(2100, 0, 1)

/** Longest id or name, in UTF-16 units. */
export const MAX_NAME = 256
/** Longest text of a value. */
export const MAX_TEXT = 8_192
/** Most members of a map. */
export const MAX_MEMBERS = 256

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2}))?$/

/** Epoch milliseconds of an ISO 8601 text with a zone (a bare date is midnight UTC), or NaN. */
export function epochOf(text: string): EpochMs {
  const match = ISO.exec(text)
  if (match === null) return Number.NaN
  const [, year, month, day] = match.map(Number)
  const date = new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, day ?? 0))
  return date.getUTCDate() === day ? Date.parse(text) : Number.NaN
}

const isoText = z.string()
apiSchemas.add(isoText, { format: 'date-time', examples: ['2026-01-31T18:30:00Z'] })

const MOMENT_EXPECTED = 'expected ISO 8601 with a zone, or epoch milliseconds, from 2000 to 2100'

/** A moment, ISO 8601 or epoch milliseconds, between 2000 and 2100. */
export const timeSchema: z.ZodType<EpochMs, string | number> = z
  .union([isoText, z.number()], { error: MOMENT_EXPECTED })
  .transform((given, context): EpochMs => {
    const moment = typeof given === 'number' ? Math.round(given) : epochOf(given)
    if (moment >= EARLIEST_MS && moment <= LATEST_MS) return moment
    context.addIssue({
      code: 'custom',
      input: given,
      message: MOMENT_EXPECTED,
    })
    return z.NEVER
  })

/** The same in a query string, where epoch milliseconds arrive as text. */
export const queryTimeSchema: z.ZodType<EpochMs, unknown> = z
  .string()
  .transform((text): string | number => (/^\d{10,}$/.test(text) ? Number(text) : text))
  .pipe(timeSchema)

export const nameSchema: z.ZodType<string> = z.string().min(1).max(MAX_NAME)
export const textSchema: z.ZodType<string> = z.string().max(MAX_TEXT)
export const channelSchema: z.ZodType<(typeof CHANNELS)[number]> = z.enum(CHANNELS)
export const scalarSchema: z.ZodType<Scalar> = z.union([textSchema, z.number(), z.boolean()], {
  error: 'expected a text, a number, true or false',
})

export const userIdSchema: z.ZodType<UserId, unknown> = z.string().min(1).max(MAX_NAME).transform(userId)
export const opportunityIdSchema: z.ZodType<OpportunityId, unknown> = z
  .string()
  .min(1)
  .max(MAX_NAME)
  .transform(opportunityId)
export const decisionIdSchema: z.ZodType<DecisionId, unknown> = z.string().min(1).max(MAX_NAME).transform(decisionId)
/** A decision's id with `send-` before it. */
export const sendIdSchema: z.ZodType<SendId, unknown> = z
  .string()
  .min(1)
  .max(MAX_NAME + 'send-'.length)
  .transform(sendId)

/** A map from names to `value`, of at most `max` members. */
export function mapOf<T>(value: z.ZodType<T>, max: number = MAX_MEMBERS): z.ZodType<Record<string, T>> {
  return z
    .record(nameSchema, value)
    .refine((map) => Object.keys(map).length <= max, { error: `expected at most ${max} members` })
}

export const scalarsSchema: z.ZodType<Record<string, Scalar>> = mapOf(scalarSchema)

/** `limit` of a page: 1 to 200, 50 by default. */
export const limitSchema: z.ZodType<number, unknown> = z.coerce.number().int().min(1).max(200).default(50)

/** A moment as answers show it. */
export const isoSchema: z.ZodType<string> = z.string()
apiSchemas.add(isoSchema, { format: 'date-time' })

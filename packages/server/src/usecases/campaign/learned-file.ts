import { createHash } from 'node:crypto'
import { type HeadState, LOG_REFUSALS, PalomaError, packedLength } from '@paloma/core'
import { z } from 'zod'
import type { EncodedFeature } from './features.ts'
import type { FittedPrior } from './fit-head.ts'
import { headDimension } from './fit-head.ts'
import type { LearnedCampaign } from './learn-campaign.ts'
import { campaignMappingSchema, parseCampaignMapping } from './mapping.ts'

const FORMAT = 'paloma-campaign'
const VERSION = 1

const encodedFeatureSchema: z.ZodType<EncodedFeature> = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('number'),
    column: z.string(),
    log1p: z.boolean(),
    centre: z.number(),
    scale: z.number().positive(),
  }),
  z.strictObject({ kind: z.literal('category'), column: z.string(), value: z.string(), centre: z.number() }),
  z.strictObject({ kind: z.literal('boolean'), column: z.string(), centre: z.number() }),
])

const headSchema = z.strictObject({
  dimension: z.int().positive(),
  mean: z.array(z.number()),
  covariance: z.array(z.number()),
  noiseShape: z.number().positive(),
  noiseRate: z.number().positive(),
  n: z.int().nonnegative(),
})

const priorSchema: z.ZodType<FittedPrior> = z.strictObject({
  interactionSd: z.number().positive(),
  logEvidence: z.number(),
})

const bodySchema = z.strictObject({
  mapping: campaignMappingSchema,
  features: z.array(encodedFeatureSchema),
  heads: z.record(z.string(), headSchema),
  priors: z.record(z.string(), priorSchema),
  rows: z.int().positive(),
  refused: z
    .partialRecord(z.enum(LOG_REFUSALS), z.strictObject({ rows: z.int().positive(), first: z.int().positive() }))
    .default({}),
})

const fileSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.int(),
  sha256: z.string(),
  body: z.unknown(),
})

/** The text of a learned artifact: JSON with format, version and a checksum of its body. */
export function learnedToText(learned: LearnedCampaign): string {
  const heads = Object.fromEntries(
    Object.entries(learned.heads).map(([name, head]) => [
      name,
      { ...head, mean: [...head.mean], covariance: [...head.covariance] },
    ]),
  )
  const body = { ...learned, heads }
  return `${JSON.stringify({ format: FORMAT, version: VERSION, sha256: checksum(body), body })}\n`
}

/** Reads a learned artifact; throws CAMPAIGN_LEARNED for another format or version, a wrong checksum or shape. */
export function learnedFromText(text: string, source: string): LearnedCampaign {
  const file = check(fileSchema, parseJson(text, source), source)
  if (file.version !== VERSION) throw fault(source, `version must be ${VERSION}, got ${file.version}`)
  if (file.sha256 !== checksum(file.body)) throw fault(source, 'the checksum does not match: the file was changed')
  const body = check(bodySchema, file.body, source)
  const mapping = parseCampaignMapping(body.mapping, source)
  const sends = Object.keys(mapping.action.values).length - 1
  const dimension = headDimension({ width: 1 + body.features.length, sends })
  const heads: Record<string, HeadState> = {}
  for (const objective of Object.keys(mapping.outcomes)) {
    const head = body.heads[objective]
    const isWhole =
      head?.dimension === dimension &&
      head.mean.length === dimension &&
      head.covariance.length === packedLength(dimension)
    if (!isWhole) throw fault(source, `the head of ${objective} must have ${dimension} weights`)
    heads[objective] = {
      ...head,
      mean: Float64Array.from(head.mean),
      covariance: Float64Array.from(head.covariance),
    }
  }
  return { mapping, features: body.features, heads, priors: body.priors, rows: body.rows, refused: body.refused }
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw fault(source, 'not JSON', cause)
  }
}

function check<T>(schema: z.ZodType<T>, value: unknown, source: string): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw fault(source, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'cannot be read'}`)
}

function checksum(body: unknown): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('hex')
}

function fault(source: string, detail: string, cause?: unknown): PalomaError {
  return new PalomaError('CAMPAIGN_LEARNED', `${source}: ${detail}`, {
    hint: 'make it anew with paloma import',
    ...(cause === undefined ? {} : { cause }),
  })
}

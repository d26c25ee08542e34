import type { Problem, WireItemError, WireItemResult, WireResults } from '@paloma/sdk'
import { z } from 'zod'
import { named } from './atoms.ts'

export const problemSchema: z.ZodType<Problem> = named(
  'Problem',
  z.object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.string(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })),
    requestId: z.string(),
    hint: z.string().exactOptional(),
  }),
)

export const itemErrorSchema: z.ZodType<WireItemError> = named(
  'ItemError',
  z.object({ code: z.string(), detail: z.string(), pointer: z.string().exactOptional() }),
)

/** What becomes of one item whose value is `value`. */
export function itemResultSchema<T>(value: z.ZodType<T>): z.ZodType<WireItemResult<T>> {
  return z.union([
    z.object({
      ok: z.literal(true),
      status: z.enum(['created', 'duplicate', 'updated']),
      value,
      warnings: z.array(itemErrorSchema).exactOptional(),
    }),
    z.object({ ok: z.literal(false), error: itemErrorSchema }),
  ])
}

/** Results parallel to the items of the request. */
export function resultsSchema<T>(value: z.ZodType<T>): z.ZodType<WireResults<T>> {
  return z.object({ results: z.array(itemResultSchema(value)) })
}

const problemContent = { 'application/problem+json': { schema: problemSchema } }

/** Every route may answer with a problem; typed as an empty object so that handlers are checked against 2xx alone. */
export const PROBLEMS: object = {
  '4xx': { description: 'The request was refused; `errors` names the fields.', content: problemContent },
  '5xx': { description: 'The server failed, or asks to come back later (`Retry-After`).', content: problemContent },
}

import type { FastifySchemaCompiler } from 'fastify'
import type { z } from 'zod'
import { issuesOf } from '../config/issues.ts'
import { invalidRequest } from './problem.ts'
import { malformation } from './well-formed.ts'

const PART_NAMES: Readonly<Record<string, string>> = {
  body: 'body',
  querystring: 'query',
  params: 'path',
  headers: 'header',
}

/** Checks a part of a request by its Zod schema; a misfit is a 400 problem that names every field. */
export const validateWithZod: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  const part = PART_NAMES[httpPart ?? 'body'] ?? 'body'
  if (documented.has(schema)) return (data: unknown) => ({ value: data })
  return (data: unknown) => {
    const fault = malformation(data)
    if (fault !== undefined) return { error: invalidRequest(part, [fault]) }
    const result = schema.safeParse(data, { reportInput: true })
    return result.success ? { value: result.data } : { error: invalidRequest(part, issuesOf(result.error)) }
  }
}

const documented = new WeakSet<z.ZodType>()

/** A schema that describes a body in the OpenAPI document while the handler checks it itself, item by item. */
export function documentedOnly(schema: z.ZodType): z.ZodType<unknown> {
  documented.add(schema)
  return schema
}

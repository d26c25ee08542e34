import { z } from 'zod'
import type { ApiKey } from '../../store/contract.ts'
import { SCOPES } from '../../usecases/contract.ts'
import type { HttpApp, RouteDeps } from '../http-app.ts'
import { notFound } from '../problem.ts'
import { isoSchema, named, nameSchema } from '../schemas/atoms.ts'
import { PROBLEMS } from '../schemas/problem.ts'
import { iso } from '../wire/to-wire.ts'

const tags = ['keys']
const access = { kind: 'key', scope: 'admin' } as const

interface WireKey {
  readonly id: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly createdAt: string
  readonly revokedAt: string | null
}

const keySchema: z.ZodType<WireKey> = named(
  'ApiKey',
  z.object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(z.string()),
    createdAt: isoSchema,
    revokedAt: isoSchema.nullable(),
  }),
)

function wireKey({ id, name, scopes, createdAt, revokedAt }: ApiKey): WireKey {
  return { id, name, scopes, createdAt: iso(createdAt), revokedAt: revokedAt === null ? null : iso(revokedAt) }
}

/** `/v1/keys`: create, list, revoke. The secret is shown once. */
export function keyRoutes(app: HttpApp, { usecases: { keys } }: RouteDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/keys',
    config: { access },
    schema: {
      operationId: 'createKey',
      summary: 'Create an API key; its secret is in this answer and never again',
      tags,
      body: z.strictObject({ name: nameSchema, scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length) }),
      response: { 201: z.object({ key: keySchema, secret: z.string() }), ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const { name, scopes } = request.body
      const { key, secret } = await keys.create(name, [...new Set(scopes)])
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({ key: wireKey(key), secret })
    },
  })
  app.route({
    method: 'GET',
    url: '/v1/keys',
    config: { access },
    schema: {
      operationId: 'listKeys',
      summary: 'All keys, without their secrets',
      tags,
      response: { 200: z.object({ data: z.array(keySchema) }), ...PROBLEMS },
    },
    handler: async () => ({ data: (await keys.list()).map(wireKey) }),
  })
  revokeRoute(app, keys)
}

function revokeRoute(app: HttpApp, keys: RouteDeps['usecases']['keys']): void {
  app.route({
    method: 'DELETE',
    url: '/v1/keys/:id',
    config: { access },
    schema: {
      operationId: 'revokeKey',
      summary: 'Revoke a key',
      tags,
      params: z.object({ id: nameSchema }),
      response: { 204: z.null().describe('Revoked'), ...PROBLEMS },
    },
    handler: async (request, reply) => {
      if (!(await keys.revoke(request.params.id))) throw notFound('key', request.params.id)
      return reply.code(204).send(null)
    },
  })
}

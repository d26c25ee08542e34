import type { UserId } from '@paloma/core/domain'
import type { WirePage, WireTimelineEntry, WireUser } from '@paloma/sdk'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import type { UserPatch } from '../../usecases/contract.ts'
import type { HttpApp, RouteDeps } from '../http-app.ts'
import { handleItems, listOf, onlyResult, parseItem } from '../items.ts'
import { notFound } from '../problem.ts'
import { limitSchema, queryTimeSchema, userIdSchema } from '../schemas/atoms.ts'
import { PROBLEMS, resultsSchema } from '../schemas/problem.ts'
import { timelineEntrySchema } from '../schemas/timeline.ts'
import { userChangesSchema, userPatchSchema, wireUserDetailSchema, wireUserSchema } from '../schemas/user.ts'
import { documentedOnly } from '../validation.ts'
import { iso, wireTimelineEntry, wireUser } from '../wire/to-wire.ts'
import { wireUserDetail } from '../wire/user-detail.ts'

const params = z.object({ id: userIdSchema })
const tags = ['users']
const savedSchema = { 200: wireUserSchema, 201: wireUserSchema, ...PROBLEMS }

const pageSchema: z.ZodType<WirePage<WireUser>> = z.object({
  data: z.array(wireUserSchema),
  nextCursor: z.string().nullable(),
})
const timelineSchema: z.ZodType<WirePage<WireTimelineEntry>> = z.object({
  data: z.array(timelineEntrySchema),
  nextCursor: z.string().nullable(),
})

/** `/v1/users`: profiles, consent, timelines, erasure. */
export function userRoutes(app: HttpApp, deps: RouteDeps): void {
  writeRoutes(app, deps)
  batchRoute(app, deps)
  readRoutes(app, deps)
  timelineRoute(app, deps)
  eraseRoute(app, deps)
}

function writeRoutes(app: HttpApp, { usecases }: RouteDeps): void {
  const save = async (patch: UserPatch, reply: FastifyReply): Promise<WireUser> => {
    const result = onlyResult(await usecases.users.upsert([patch]))
    reply.code(result.status === 'created' ? 201 : 200)
    return wireUser(result.value)
  }
  app.route({
    method: 'POST',
    url: '/v1/users',
    config: { access: { kind: 'key', scope: 'ingest' } },
    schema: {
      operationId: 'saveUser',
      summary: 'Create a user or change one',
      tags,
      body: userPatchSchema,
      response: savedSchema,
    },
    handler: (request, reply) => save(request.body, reply),
  })
  for (const method of ['PUT', 'PATCH'] as const) {
    app.route({
      method,
      url: '/v1/users/:id',
      config: { access: { kind: 'key', scope: 'ingest' } },
      schema: {
        operationId: method === 'PUT' ? 'putUser' : 'changeUser',
        summary: 'Change a user; absent members stay, null removes',
        tags,
        params,
        body: userChangesSchema,
        response: savedSchema,
      },
      handler: (request, reply) => save({ ...request.body, userId: request.params.id }, reply),
    })
  }
}

function batchRoute(app: HttpApp, { usecases, config }: RouteDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/users/batch',
    config: { access: { kind: 'key', scope: 'ingest' } },
    schema: {
      operationId: 'saveUsers',
      summary: 'Create or change many users',
      tags,
      body: documentedOnly(z.object({ items: z.array(userPatchSchema) })),
      response: { 200: resultsSchema(z.object({ userId: z.string() })), ...PROBLEMS },
    },
    handler: async (request) =>
      handleItems(listOf(request.body, 'items', config.limits.batchItems), {
        parse: (value) => parseItem(userPatchSchema, value),
        run: (patches) => usecases.users.upsert(patches),
        show: ({ userId }) => ({ userId: String(userId) }),
      }),
  })
}

function readRoutes(app: HttpApp, { usecases }: RouteDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/users',
    config: { access: { kind: 'key', scope: 'read' } },
    schema: {
      operationId: 'listUsers',
      summary: 'Users in order of their ids',
      tags,
      querystring: z.strictObject({ limit: limitSchema, cursor: userIdSchema.exactOptional() }),
      response: { 200: pageSchema, ...PROBLEMS },
    },
    handler: async (request) => {
      const { limit, cursor } = request.query
      const profiles = await usecases.users.list(cursor ?? null, limit)
      return { data: profiles.map(wireUser), nextCursor: cursorAfter(profiles, limit) }
    },
  })
  app.route({
    method: 'GET',
    url: '/v1/users/:id',
    config: { access: { kind: 'key', scope: 'read' } },
    schema: {
      operationId: 'getUser',
      summary: 'One user',
      tags,
      params,
      response: { 200: wireUserDetailSchema, ...PROBLEMS },
    },
    handler: async (request) => {
      const user = await usecases.users.get(request.params.id)
      if (user === undefined) throw notFound('user', request.params.id)
      return wireUserDetail(user)
    },
  })
}

function cursorAfter(profiles: readonly { readonly userId: UserId }[], limit: number): string | null {
  return profiles.length < limit ? null : (profiles.at(-1)?.userId ?? null)
}

function timelineRoute(app: HttpApp, { usecases }: RouteDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/users/:id/timeline',
    config: { access: { kind: 'key', scope: 'read' } },
    schema: {
      operationId: 'getTimeline',
      summary: 'What happened between us and a user, newest first',
      tags,
      params,
      querystring: z.strictObject({ limit: limitSchema, cursor: queryTimeSchema.exactOptional() }),
      response: { 200: timelineSchema, ...PROBLEMS },
    },
    handler: async (request) => {
      const { limit, cursor } = request.query
      const entries = await usecases.users.timeline(request.params.id, {
        limit,
        ...(cursor === undefined ? {} : { before: cursor }),
      })
      if (entries === undefined) throw notFound('user', request.params.id)
      const oldest = entries.at(-1)
      const nextCursor = entries.length < limit || oldest === undefined ? null : iso(oldest.at)
      return { data: entries.map(wireTimelineEntry), nextCursor }
    },
  })
}

function eraseRoute(app: HttpApp, { usecases }: RouteDeps): void {
  app.route({
    method: 'DELETE',
    url: '/v1/users/:id',
    config: { access: { kind: 'key', scope: 'admin' } },
    schema: {
      operationId: 'eraseUser',
      summary: 'Forget a user everywhere',
      tags,
      params,
      response: { 200: z.object({ rows: z.int() }), ...PROBLEMS },
    },
    handler: (request) => usecases.users.erase(request.params.id),
  })
}

import { z } from 'zod'
import { INBOX_STATUSES } from '../../store/contract.ts'
import type { HttpApp, RouteDeps } from '../http-app.ts'
import { notFound } from '../problem.ts'
import { limitSchema, nameSchema, sendIdSchema, userIdSchema } from '../schemas/atoms.ts'
import { inboxItemSchema, inboxSchema } from '../schemas/inbox.ts'
import { PROBLEMS } from '../schemas/problem.ts'
import { wireInboxItem } from '../wire/to-wire.ts'

const params = z.object({ id: userIdSchema })
const itemParams = z.object({ id: userIdSchema, sendId: sendIdSchema })
const tags = ['inbox']

/** `/v1/users/{id}/inbox`: in-app messages, for servers with a key and for browsers with the user's token. */
export function inboxRoutes(app: HttpApp, deps: RouteDeps): void {
  listRoute(app, deps)
  markRoute(app, deps)
  tokenRoute(app, deps)
}

function listRoute(app: HttpApp, { usecases }: RouteDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/users/:id/inbox',
    config: { access: { kind: 'inbox', scope: 'read' } },
    schema: {
      operationId: 'listInbox',
      summary: 'Inbox items, newest first',
      tags,
      params,
      querystring: z.strictObject({
        limit: limitSchema,
        cursor: sendIdSchema.exactOptional(),
        withArchived: z.stringbool().exactOptional(),
        token: nameSchema.exactOptional(),
      }),
      response: { 200: inboxSchema, ...PROBLEMS },
    },
    handler: async (request) => {
      const { limit, cursor, withArchived } = request.query
      const { items, unseen } = await usecases.inbox.list(request.params.id, {
        limit,
        ...(cursor === undefined ? {} : { before: cursor }),
        ...(withArchived === undefined ? {} : { withArchived }),
      })
      const nextCursor = items.length < limit ? null : (items.at(-1)?.sendId ?? null)
      return { items: items.map(wireInboxItem), unseen, nextCursor }
    },
  })
}

function markRoute(app: HttpApp, { usecases }: RouteDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/users/:id/inbox/:sendId',
    config: { access: { kind: 'inbox', scope: 'ingest' } },
    schema: {
      operationId: 'markInboxItem',
      summary: 'Say what the user did with an item; statuses only move forward',
      tags,
      params: itemParams,
      body: z.strictObject({ status: z.enum(INBOX_STATUSES) }),
      response: { 200: inboxItemSchema, ...PROBLEMS },
    },
    handler: async (request) => {
      const { id, sendId } = request.params
      const item = await usecases.inbox.mark(id, sendId, request.body.status)
      if (item === undefined) throw notFound('inbox_item', sendId)
      return wireInboxItem(item)
    },
  })
}

function tokenRoute(app: HttpApp, { usecases }: RouteDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/users/:id/inbox-token',
    config: { access: { kind: 'key', scope: 'ingest' } },
    schema: {
      operationId: 'createInboxToken',
      summary: 'A token with which a browser reads and marks this one inbox',
      tags,
      params,
      response: { 200: z.object({ token: z.string() }), ...PROBLEMS },
    },
    handler: async (request) => ({ token: usecases.inbox.tokenFor(request.params.id) }),
  })
}

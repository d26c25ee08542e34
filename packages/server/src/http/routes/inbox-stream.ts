import type { UserId } from '@paloma/core/domain'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { InboxItem } from '../../store/contract.ts'
import type { Usecases } from '../../usecases/contract.ts'
import { type EventStream, openEventStream, type StreamEvent } from '../event-stream.ts'
import type { HttpApp, RouteDeps } from '../http-app.ts'
import { ProblemError } from '../problem.ts'
import { nameSchema, userIdSchema } from '../schemas/atoms.ts'
import { PROBLEMS } from '../schemas/problem.ts'
import { wireInboxItem } from '../wire/to-wire.ts'

/** How many missed items a reader who comes back is sent at most; he lists the rest. */
const MAX_MISSED = 200
const MAX_STREAMS = 10_000

/** `/v1/users/{id}/inbox/stream`: server-sent events, one `new-message` per inbox item. */
export function inboxStreamRoute(app: HttpApp, { usecases }: RouteDeps, heartbeatMs: number): void {
  const streams = new Set<EventStream>()
  app.addHook('preClose', async () => {
    for (const stream of streams) stream.end()
  })
  app.route({
    method: 'GET',
    url: '/v1/users/:id/inbox/stream',
    config: { access: { kind: 'inbox', scope: 'read' } },
    schema: {
      operationId: 'streamInbox',
      summary: 'New inbox items as server-sent events; Last-Event-ID resumes',
      tags: ['inbox'],
      params: z.object({ id: userIdSchema }),
      querystring: z.strictObject({ token: nameSchema.exactOptional(), lastEventId: nameSchema.exactOptional() }),
      response: {
        200: { description: 'Events', content: { 'text/event-stream': { schema: z.string() } } },
        ...PROBLEMS,
      },
    },
    handler: async (request, reply) => {
      if (streams.size >= MAX_STREAMS) {
        throw new ProblemError('STREAMS_OVERLOADED', `there are already ${MAX_STREAMS} streams`, { status: 503 })
      }
      const lastId = headerText(request, 'last-event-id') ?? request.query.lastEventId
      await stream({ userId: request.params.id, lastId, inbox: usecases.inbox, reply, streams, heartbeatMs })
      return reply
    },
  })
}

function headerText(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

interface StreamRequest {
  readonly userId: UserId
  readonly lastId: string | undefined
  readonly inbox: Usecases['inbox']
  readonly reply: FastifyReply
  readonly streams: Set<EventStream>
  readonly heartbeatMs: number
}

/** Listens first and reads what was missed second, so that nothing falls between; no item is sent twice. */
async function stream({ userId, lastId, inbox, reply, streams, heartbeatMs }: StreamRequest): Promise<void> {
  const early: InboxItem[] = []
  let deliver = (item: InboxItem): void => void early.push(item)
  const stop = await inbox.subscribe(userId, (item) => deliver(item))
  const missed = await missedSince(inbox, userId, lastId).catch((error: unknown) => {
    stop()
    throw error
  })
  reply.hijack()
  const opened = openEventStream(reply.raw, {
    headers: textHeaders(reply),
    heartbeatMs,
    onEnd: () => {
      stop()
      streams.delete(opened)
    },
  })
  streams.add(opened)
  const sent = new Set<string>()
  deliver = (item) => {
    if (sent.has(item.sendId)) return
    opened.send(eventOf(item))
  }
  for (const item of [...missed, ...early]) {
    deliver(item)
    sent.add(item.sendId)
  }
}

/** Oldest first: what came after the item the reader saw last; nothing for a reader without one. */
async function missedSince(
  inbox: Usecases['inbox'],
  userId: UserId,
  lastId: string | undefined,
): Promise<readonly InboxItem[]> {
  if (lastId === undefined) return []
  const { items } = await inbox.list(userId, { limit: MAX_MISSED, withArchived: true })
  const index = items.findIndex(({ sendId }) => sendId === lastId)
  return items.slice(0, index === -1 ? items.length : index).reverse()
}

function eventOf(item: InboxItem): StreamEvent {
  return { id: item.sendId, event: 'new-message', data: JSON.stringify(wireInboxItem(item)) }
}

/** Headers that plugins (CORS) have set, which a hijacked reply would lose. */
function textHeaders(reply: FastifyReply): Readonly<Record<string, string>> {
  const entries = Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)] as const)
  return Object.fromEntries(entries)
}

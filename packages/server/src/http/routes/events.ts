import type { IncomingEvent } from '../../usecases/contract.ts'
import type { HttpApp, RouteDeps } from '../http-app.ts'
import { handleItems, listOf, onlyResult, type Parsed, parseItem } from '../items.ts'
import { problemOfItem } from '../problem.ts'
import { batchAnswerSchema, batchBodySchema, eventAnswerSchema, eventSchema } from '../schemas/event.ts'
import { PROBLEMS } from '../schemas/problem.ts'
import { documentedOnly } from '../validation.ts'

const TYPES = ['identify', 'track', 'page', 'screen', 'group', 'alias'] as const
const tags = ['events']

type Members = Readonly<Record<string, unknown>>

/** `/v1/{identify,track,page,screen,group,alias}` and `/v1/batch`, as Segment's libraries call them. */
export function eventRoutes(app: HttpApp, deps: RouteDeps): void {
  for (const type of TYPES) singleRoute(app, deps, type)
  batchRoute(app, deps)
}

function singleRoute(app: HttpApp, { usecases, config }: RouteDeps, type: (typeof TYPES)[number]): void {
  app.route({
    method: 'POST',
    url: `/v1/${type}`,
    config: { access: { kind: 'key', scope: 'ingest', inBody: true } },
    schema: {
      operationId: type,
      summary: `One ${type} event`,
      tags,
      body: documentedOnly(eventSchema),
      response: { 200: eventAnswerSchema, ...PROBLEMS },
    },
    handler: async (request) => {
      const parsed = parseEvent({ ...membersOf(request.body), type }, request.bodyLength, config.limits.eventBytes)
      if (!parsed.ok) throw problemOfItem(parsed.error)
      const { status, value, warnings } = onlyResult(await usecases.events.ingest([parsed.value]))
      return {
        success: true as const,
        messageId: value.messageId,
        status,
        ...(warnings === undefined ? {} : { warnings }),
      }
    },
  })
}

function batchRoute(app: HttpApp, { usecases, config }: RouteDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/batch',
    config: { access: { kind: 'key', scope: 'ingest', inBody: true } },
    schema: {
      operationId: 'batch',
      summary: 'Many events; a refused one does not spoil the others',
      tags,
      body: documentedOnly(batchBodySchema),
      response: { 200: batchAnswerSchema, ...PROBLEMS },
    },
    handler: async (request) => {
      const envelope = membersOf(request.body)
      const { results } = await handleItems(listOf(envelope, 'batch', config.limits.batchItems), {
        parse: (item) => parseEvent(inEnvelope(item, envelope), request.bodyLength, config.limits.eventBytes),
        run: (events) => usecases.events.ingest(events),
        show: ({ messageId }) => ({ messageId }),
      })
      return { success: results.every(({ ok }) => ok), results }
    },
  })
}

function membersOf(value: unknown): Members {
  return isMembers(value) ? value : {}
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An item with what its batch says for all: `sentAt`, and `context` beneath its own. */
function inEnvelope(item: unknown, envelope: Members): unknown {
  if (!isMembers(item)) return item
  const context = isMembers(envelope.context) ? { ...envelope.context, ...membersOf(item.context) } : item.context
  return { ...item, sentAt: item.sentAt ?? envelope.sentAt, context }
}

/** Measures an event only where the body is long enough for it to be too large. */
function parseEvent(value: unknown, bodyLength: number, limit: number): Parsed<IncomingEvent> {
  const parsed = parseItem(eventSchema, value)
  // One UTF-16 unit is at most three bytes of UTF-8.
  if (!parsed.ok || bodyLength * 3 <= limit) return parsed
  const bytes = Buffer.byteLength(JSON.stringify(value))
  if (bytes <= limit) return parsed
  const detail = `the event has ${bytes} bytes, the limit (limits.eventBytes) is ${limit}`
  return { ok: false, error: { code: 'EVENT_OVER_LIMIT', detail, pointer: '' } }
}

/** What a client may post as text/plain: browsers do so to spare a preflight request. */
export const EVENT_MEDIA_TYPES: readonly string[] = ['application/json', 'text/plain']

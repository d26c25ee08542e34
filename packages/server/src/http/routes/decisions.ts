import type { WireDecisionAnswer, WirePage } from '@paloma/sdk'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Usecases } from '../../usecases/contract.ts'
import type { HttpApp, RouteDeps } from '../http-app.ts'
import { handleItems, listOf, onlyResult, parseItem, parseOnly } from '../items.ts'
import { plainDecide } from '../plain-decide.ts'
import { invalidRequest, notFound, ProblemError } from '../problem.ts'
import { decisionIdSchema, limitSchema, MAX_NAME } from '../schemas/atoms.ts'
import {
  auditSchema,
  decideBodySchema,
  decideSchema,
  decisionAnswerSchema,
  explanationSchema,
  replaySchema,
  wireDecisionSchema,
} from '../schemas/decision.ts'
import { PROBLEMS, resultsSchema } from '../schemas/problem.ts'
import { documentedOnly } from '../validation.ts'
import { wireDecision, wireDecisionAnswer, wireExplanation } from '../wire/to-wire.ts'

const pageSchema: z.ZodType<WirePage<WireDecisionAnswer>> = z.object({
  data: z.array(decisionAnswerSchema),
  nextCursor: z.string().nullable(),
})
const params = z.object({ id: decisionIdSchema })
const tags = ['decisions']

/** `/v1/decisions`: decide, list, look up, explain, replay, audit. */
export function decisionRoutes(app: HttpApp, deps: RouteDeps): void {
  decideRoute(app, deps)
  batchRoute(app, deps)
  listRoute(app, deps)
  getRoute(app, deps)
  explainRoute(app, deps)
  replayRoute(app, deps)
  auditRoute(app, deps)
}

function decideRoute(app: HttpApp, { usecases }: RouteDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/decisions',
    config: { access: { kind: 'key', scope: 'decide' } },
    schema: {
      operationId: 'decide',
      summary: 'Decide for one user now',
      description: 'Needs an Idempotency-Key header or a decisionId: the same key always gives the same decision.',
      tags,
      headers: documentedOnly(z.object({ 'idempotency-key': z.string().exactOptional() })),
      body: documentedOnly(decideBodySchema),
      response: { 200: decisionAnswerSchema, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const body = withDecisionId(request)
      const command = plainDecide(body) ?? parseOnly(decideSchema, body)
      refuseMoment(command, usecases)
      const { status, value } = onlyResult(await usecases.decisions.decide([command]))
      if (status === 'duplicate') reply.header('idempotent-replayed', 'true')
      return wireDecisionAnswer(value)
    },
  })
}

/** The body with the id that the header gives; 400 when there is none, or two that differ. */
function withDecisionId(request: FastifyRequest): unknown {
  const body: unknown = request.body
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalidRequest('body', [{ pointer: '', detail: 'expected an object' }])
  }
  const key = idempotencyKey(request)
  const given: unknown = Reflect.get(body, 'decisionId')
  if (given === undefined && key === undefined) {
    const detail = 'a decision needs an Idempotency-Key header or a decisionId in the body'
    throw new ProblemError('IDEMPOTENCY_KEY_MISSING', detail, { errors: [{ pointer: '/decisionId', detail }] })
  }
  if (given !== undefined && key !== undefined && given !== key) {
    const detail = 'decisionId and the Idempotency-Key header must be the same'
    throw new ProblemError('IDEMPOTENCY_KEYS_DIFFER', detail, { errors: [{ pointer: '/decisionId', detail }] })
  }
  return key === undefined ? body : { ...body, decisionId: key }
}

/** The draft asks for a quoted string; many clients leave the quotes out. */
function idempotencyKey(request: FastifyRequest): string | undefined {
  const header = request.headers['idempotency-key']
  if (typeof header !== 'string') return undefined
  const key = /^"(.*)"$/s.exec(header)?.[1] ?? header
  if (key === '' || key.length > MAX_NAME) {
    throw invalidRequest('header', [
      { pointer: '/idempotency-key', detail: `expected 1 to ${MAX_NAME} characters, got ${key.length}` },
    ])
  }
  return key
}

function refuseMoment({ at }: { readonly at?: number }, { clock }: Pick<Usecases, 'clock'>): void {
  if (at !== undefined && !clock.isVirtual) throw clockNotVirtual('/at')
}

/** 409 for asking a real clock for another time. */
function clockNotVirtual(pointer: string): ProblemError {
  const detail = 'a moment may be given only where the clock is virtual'
  return new ProblemError('CLOCK_NOT_VIRTUAL', detail, { status: 409, errors: [{ pointer, detail }] })
}

function batchRoute(app: HttpApp, { usecases, config }: RouteDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/decisions/batch',
    config: { access: { kind: 'key', scope: 'decide' } },
    schema: {
      operationId: 'decideBatch',
      summary: 'Decide for many users',
      tags,
      body: documentedOnly(z.object({ items: z.array(decideSchema) })),
      response: { 200: resultsSchema(decisionAnswerSchema), ...PROBLEMS },
    },
    handler: async (request) =>
      handleItems(listOf(request.body, 'items', config.limits.batchItems), {
        parse: (value) => {
          const plain = plainDecide(value)
          if (plain !== undefined) return { ok: true, value: plain }
          const parsed = parseItem(decideSchema, value)
          if (!parsed.ok || parsed.value.at === undefined || usecases.clock.isVirtual) return parsed
          const { code, message: detail } = clockNotVirtual('/at')
          return { ok: false, error: { code, detail, pointer: '/at' } }
        },
        run: (commands) => usecases.decisions.decide(commands),
        show: wireDecisionAnswer,
      }),
  })
}

function listRoute(app: HttpApp, { usecases }: RouteDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/decisions',
    config: { access: { kind: 'key', scope: 'read' } },
    schema: {
      operationId: 'listDecisions',
      summary: 'What was decided lately, newest first',
      tags,
      querystring: z.strictObject({ limit: limitSchema, cursor: decisionIdSchema.exactOptional() }),
      response: { 200: pageSchema, ...PROBLEMS },
    },
    handler: async (request) => {
      const { limit, cursor } = request.query
      const page = await usecases.decisions.list({ limit, ...(cursor === undefined ? {} : { before: cursor }) })
      const oldest = page.at(-1)
      const nextCursor = page.length < limit || oldest === undefined ? null : oldest.decision.decisionId
      return { data: page.map(wireDecisionAnswer), nextCursor }
    },
  })
}

function getRoute(app: HttpApp, { usecases }: RouteDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/decisions/:id',
    config: { access: { kind: 'key', scope: 'read' } },
    schema: {
      operationId: 'getDecision',
      summary: 'The whole record of a decision',
      tags,
      params,
      response: { 200: wireDecisionSchema, ...PROBLEMS },
    },
    handler: async (request) => {
      const decision = await usecases.decisions.get(request.params.id)
      if (decision === undefined) throw notFound('decision', request.params.id, await usecases.retention.orDeleted())
      return wireDecision(decision)
    },
  })
}

function explainRoute(app: HttpApp, { usecases }: RouteDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/decisions/:id/explain',
    config: { access: { kind: 'key', scope: 'read' } },
    schema: {
      operationId: 'explainDecision',
      summary: 'Why a decision fell as it did',
      tags,
      params,
      response: { 200: explanationSchema, ...PROBLEMS },
    },
    handler: async (request) => {
      const explanation = await usecases.decisions.explain(request.params.id)
      if (explanation === undefined) throw notFound('decision', request.params.id, await usecases.retention.orDeleted())
      return wireExplanation(explanation)
    },
  })
}

function replayRoute(app: HttpApp, { usecases }: RouteDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/decisions/:id/replay',
    config: { access: { kind: 'key', scope: 'read' } },
    schema: {
      operationId: 'replayDecision',
      summary: 'Compute a decision again from what was logged, and compare',
      tags,
      params,
      response: { 200: replaySchema, ...PROBLEMS },
    },
    handler: async (request) => {
      const replay = await usecases.decisions.replay(request.params.id)
      if (replay === undefined) throw notFound('decision', request.params.id, await usecases.retention.orDeleted())
      return replay
    },
  })
}

function auditRoute(app: HttpApp, { usecases }: RouteDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/decisions/audit',
    config: { access: { kind: 'key', scope: 'admin' } },
    schema: {
      operationId: 'auditDecisions',
      summary: 'Replay every decision of the log, or of one UTC day, and audit the draws',
      tags,
      body: z.strictObject({ day: z.iso.date().exactOptional() }).nullish(),
      response: { 200: auditSchema, ...PROBLEMS },
    },
    handler: (request) => usecases.decisions.audit(request.body ?? {}),
  })
}

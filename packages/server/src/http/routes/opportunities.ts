import { z } from 'zod'
import type { HttpApp, RouteDeps } from '../http-app.ts'
import { handleItems, listOf, onlyResult, parseItem, parseOnly } from '../items.ts'
import { notFound, ProblemError } from '../problem.ts'
import { opportunityIdSchema } from '../schemas/atoms.ts'
import { opportunitySchema, wireOpportunitySchema } from '../schemas/opportunity.ts'
import { PROBLEMS, resultsSchema } from '../schemas/problem.ts'
import { documentedOnly } from '../validation.ts'
import { wireOpportunity } from '../wire/to-wire.ts'

const params = z.object({ id: opportunityIdSchema })
const tags = ['opportunities']
const proposedSchema = z.object({ id: z.string(), status: z.enum(['created', 'duplicate', 'updated']) })
const idSchema = z.object({ id: z.string() })

/** `/v1/opportunities`: propose, look up, withdraw. */
export function opportunityRoutes(app: HttpApp, deps: RouteDeps): void {
  proposeRoute(app, deps)
  getRoute(app, deps)
  withdrawRoute(app, deps)
}

function proposeRoute(app: HttpApp, { usecases, config }: RouteDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/opportunities',
    config: { access: { kind: 'key', scope: 'ingest' } },
    schema: {
      operationId: 'propose',
      summary: 'Propose one message, or a list of them as {"items": […]}',
      tags,
      body: documentedOnly(z.union([opportunitySchema, z.object({ items: z.array(opportunitySchema) })])),
      response: { 200: z.union([proposedSchema, resultsSchema(idSchema)]), 201: proposedSchema, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const body: unknown = request.body
      if (isList(body)) {
        return handleItems(listOf(body, 'items', config.limits.batchItems), {
          parse: (value) => parseItem(opportunitySchema, value),
          run: (items) => usecases.opportunities.propose(items),
          show: ({ id }) => ({ id: String(id) }),
        })
      }
      const { status, value } = onlyResult(await usecases.opportunities.propose([parseOnly(opportunitySchema, body)]))
      return reply.code(status === 'created' ? 201 : 200).send({ id: value.id, status })
    },
  })
}

function isList(body: unknown): boolean {
  return typeof body === 'object' && body !== null && Object.hasOwn(body, 'items')
}

function getRoute(app: HttpApp, { usecases }: RouteDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/opportunities/:id',
    config: { access: { kind: 'key', scope: 'read' } },
    schema: {
      operationId: 'getOpportunity',
      summary: 'One opportunity and what became of it',
      tags,
      params,
      response: { 200: wireOpportunitySchema, ...PROBLEMS },
    },
    handler: async (request) => {
      const found = await usecases.opportunities.get(request.params.id)
      if (found === undefined) throw notFound('opportunity', request.params.id, await usecases.retention.orDeleted())
      return wireOpportunity(found.opportunity, found.status)
    },
  })
}

function withdrawRoute(app: HttpApp, { usecases }: RouteDeps): void {
  app.route({
    method: 'DELETE',
    url: '/v1/opportunities/:id',
    config: { access: { kind: 'key', scope: 'ingest' } },
    schema: {
      operationId: 'withdrawOpportunity',
      summary: 'Withdraw an opportunity that is still open',
      tags,
      params,
      response: { 200: z.object({ id: z.string(), status: z.literal('withdrawn') }), ...PROBLEMS },
    },
    handler: async (request) => {
      const { id } = request.params
      if (await usecases.opportunities.withdraw(id)) return { id, status: 'withdrawn' as const }
      const found = await usecases.opportunities.get(id)
      if (found === undefined) throw notFound('opportunity', id, await usecases.retention.orDeleted())
      if (found.status === 'withdrawn') return { id, status: 'withdrawn' as const }
      throw new ProblemError('OPPORTUNITY_NOT_OPEN', `opportunity "${id}" is ${found.status}, only open ones go`, {
        status: 409,
      })
    },
  })
}

import type { FastifyRequest } from 'fastify'
import type { Registry } from 'prom-client'
import { z } from 'zod'
import { isLocal } from '../auth.ts'
import type { HttpApp, RouteDeps } from '../http-app.ts'
import { PROBLEMS } from '../schemas/problem.ts'

const tags = ['health']
const access = { kind: 'public' } as const

const readySchema = z.object({
  ready: z.boolean(),
  checks: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string().exactOptional() })),
})

/** `/healthz`, `/readyz`, `/metrics`, `/openapi.json`. */
export function healthRoutes(app: HttpApp, { usecases }: RouteDeps, registry: Registry): void {
  app.route({
    method: 'GET',
    url: '/healthz',
    exposeHeadRoute: true,
    config: { access },
    schema: {
      operationId: 'healthz',
      summary: 'The process runs',
      tags,
      security: [],
      response: { 200: z.object({ status: z.literal('ok') }) },
    },
    handler: async () => ({ status: 'ok' as const }),
  })
  app.route({
    method: 'GET',
    url: '/readyz',
    exposeHeadRoute: true,
    config: { access },
    schema: {
      operationId: 'readyz',
      summary: 'Everything it needs answers; details only for callers on the same machine',
      tags,
      security: [],
      response: { 200: readySchema, 503: readySchema },
    },
    handler: async (request, reply) => {
      const { ready, checks } = await usecases.health.ready()
      return reply.code(ready ? 200 : 503).send({ ready, checks: visible(checks, request) })
    },
  })
  metricsRoute(app, registry)
  documentRoute(app)
}

type Checks = Readonly<Record<string, { readonly ok: boolean; readonly detail: string }>>

function visible(checks: Checks, request: FastifyRequest): Record<string, { ok: boolean; detail?: string }> {
  const showsDetail = isLocal(request)
  return Object.fromEntries(
    Object.entries(checks).map(([name, { ok, detail }]) => [name, showsDetail ? { ok, detail } : { ok }]),
  )
}

function metricsRoute(app: HttpApp, registry: Registry): void {
  app.route({
    method: 'GET',
    url: '/metrics',
    config: { access: { kind: 'local', scope: 'read' } },
    schema: {
      operationId: 'metrics',
      summary: 'Prometheus metrics; from another machine with a key',
      tags,
      response: { 200: { description: 'Metrics', content: { 'text/plain': { schema: z.string() } } }, ...PROBLEMS },
    },
    handler: async (_request, reply) =>
      reply
        .type(registry.contentType)
        .serializer((text: unknown) => String(text))
        .send(await registry.metrics()),
  })
}

function documentRoute(app: HttpApp): void {
  let text: string | undefined
  app.route({
    method: 'GET',
    url: '/openapi.json',
    config: { access },
    schema: { hide: true },
    handler: async (_request, reply) => {
      text ??= JSON.stringify(app.swagger())
      return reply
        .type('application/json')
        .serializer((payload: unknown) => String(payload))
        .send(text)
    },
  })
}

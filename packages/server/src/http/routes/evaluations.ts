import { randomUUID } from 'node:crypto'
import { PalomaError } from '@paloma/core'
import { z } from 'zod'
import { candidateConfigOf, candidatePartOf } from '../../config/candidate-config.ts'
import type { HttpApp, RouteDeps } from '../http-app.ts'
import { notFound, ProblemError, statusOfCode } from '../problem.ts'
import { nameSchema } from '../schemas/atoms.ts'
import { evaluationInputSchema, evaluationSchema } from '../schemas/evaluation.ts'
import { PROBLEMS } from '../schemas/problem.ts'
import { wireEvaluation } from '../wire/evaluation-to-wire.ts'

const tags = ['evaluations']
const read = { access: { kind: 'key', scope: 'read' } } as const

/** `/v1/evaluations`: what a changed configuration would have done in past decisions. Long work: asked for, then looked at. */
export function evaluationRoutes(app: HttpApp, deps: RouteDeps): void {
  startRoute(app, deps)
  readRoutes(app, deps)
}

function startRoute(app: HttpApp, { usecases: { evaluations }, config }: RouteDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/evaluations',
    config: { access: { kind: 'key', scope: 'admin' } },
    schema: {
      operationId: 'startEvaluation',
      summary:
        'Ask what a changed configuration would have done in past decisions, and what that would have been worth',
      description:
        'Nothing is sent and nothing changes. It works on by itself, one at a time: `GET /v1/evaluations/{id}` says how it stands.',
      tags,
      body: evaluationInputSchema,
      response: {
        200: evaluationSchema.describe('There already, as it stands'),
        202: evaluationSchema.describe('Begun'),
        ...PROBLEMS,
      },
    },
    handler: async (request, reply) => {
      const { id = randomUUID(), config: given, ...rest } = request.body
      const { status, evaluation } = await unfitAsProblem(async () => {
        const candidate = candidateConfigOf(given, candidatePartOf(config))
        return evaluations.start(id, { ...rest, config: candidate }, request.apiKey?.name ?? 'somebody')
      })
      reply.header('location', `/v1/evaluations/${encodeURIComponent(id)}`)
      return reply.code(status === 'created' ? 202 : 200).send(wireEvaluation(evaluation))
    },
  })
}

/** What is wrong with the configuration is the fault of the request. */
async function unfitAsProblem<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof PalomaError) || statusOfCode(error.code) !== undefined) throw error
    const { code, message, hint, pointer } = error
    throw new ProblemError(code, message, {
      status: 422,
      errors: [{ pointer: pointer ?? '/config', detail: message }],
      ...(hint === undefined ? {} : { hint }),
    })
  }
}

function readRoutes(app: HttpApp, { usecases: { evaluations } }: RouteDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/evaluations',
    config: read,
    schema: {
      operationId: 'listEvaluations',
      summary: 'The latest evaluations, newest first, without their results',
      tags,
      response: { 200: z.object({ data: z.array(evaluationSchema) }), ...PROBLEMS },
    },
    handler: async () => ({
      data: (await evaluations.list()).map((each) => wireEvaluation({ ...each, result: null })),
    }),
  })
  app.route({
    method: 'GET',
    url: '/v1/evaluations/:id',
    config: read,
    schema: {
      operationId: 'getEvaluation',
      summary: 'How an evaluation stands, and what it came to',
      tags,
      params: z.object({ id: nameSchema }),
      response: { 200: evaluationSchema, ...PROBLEMS },
    },
    handler: async (request) => {
      const evaluation = await evaluations.get(request.params.id)
      if (evaluation === undefined) throw notFound('evaluation', request.params.id)
      return wireEvaluation(evaluation)
    },
  })
}

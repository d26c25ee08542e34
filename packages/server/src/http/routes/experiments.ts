import type { Experiment } from '@paloma/core'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { HttpApp, RouteDeps } from '../http-app.ts'
import { notFound } from '../problem.ts'
import { nameSchema } from '../schemas/atoms.ts'
import {
  experimentCreatedSchema,
  experimentDetailSchema,
  experimentInputSchema,
  experimentResultsSchema,
  experimentSchema,
  exposuresSchema,
  planQuerySchema,
  planSchema,
  rampSchema,
  resultsQuerySchema,
  stopSchema,
} from '../schemas/experiment.ts'
import { PROBLEMS } from '../schemas/problem.ts'
import { wireChange, wireExperiment, wireExposures, wirePlan } from '../wire/experiment-to-wire.ts'
import { iso } from '../wire/to-wire.ts'

const tags = ['experiments']
const params = z.object({ key: nameSchema })
const read = { access: { kind: 'key', scope: 'read' } } as const
const write = { access: { kind: 'key', scope: 'admin' } } as const

/** `/v1/experiments`: create, look at, start, ramp, stop. Repeating a change changes nothing. */
export function experimentRoutes(app: HttpApp, deps: RouteDeps): void {
  createRoute(app, deps)
  readRoutes(app, deps)
  stepRoutes(app, deps)
}

/** Whom the audit trail names. */
function actorOf({ apiKey }: FastifyRequest): string {
  return apiKey?.name ?? 'somebody'
}

function found(experiment: Experiment | undefined, key: string): Experiment {
  if (experiment === undefined) throw notFound('experiment', key)
  return experiment
}

function createRoute(app: HttpApp, { usecases: { experiments } }: RouteDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/experiments',
    config: write,
    schema: {
      operationId: 'createExperiment',
      summary: 'Write a draft; `faults` says what a start would refuse',
      tags,
      body: experimentInputSchema,
      response: {
        200: experimentCreatedSchema.describe('There already, or a draft that was rewritten'),
        201: experimentCreatedSchema.describe('Created'),
        ...PROBLEMS,
      },
    },
    handler: async (request, reply) => {
      const { experiment, faults, status } = await experiments.create(request.body, actorOf(request))
      return reply.code(status === 'created' ? 201 : 200).send({ ...wireExperiment(experiment), faults })
    },
  })
}

function readRoutes(app: HttpApp, { usecases: { experiments } }: RouteDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/experiments',
    config: read,
    schema: {
      operationId: 'listExperiments',
      summary: 'All experiments, by key',
      tags,
      response: { 200: z.object({ data: z.array(experimentSchema) }), ...PROBLEMS },
    },
    handler: async () => ({ data: (await experiments.list()).map(wireExperiment) }),
  })
  app.route({
    method: 'GET',
    url: '/v1/experiments/:key',
    config: read,
    schema: {
      operationId: 'getExperiment',
      summary: 'An experiment, its faults and its audit trail',
      tags,
      params,
      response: { 200: experimentDetailSchema, ...PROBLEMS },
    },
    handler: async (request) => {
      const { key } = request.params
      const view = await experiments.get(key)
      if (view === undefined) throw notFound('experiment', key)
      return { ...wireExperiment(view.experiment), faults: view.faults, changes: view.changes.map(wireChange) }
    },
  })
  exposuresRoute(app, experiments)
  resultsRoute(app, experiments)
  planRoute(app, experiments)
}

function exposuresRoute(app: HttpApp, experiments: RouteDeps['usecases']['experiments']): void {
  app.route({
    method: 'GET',
    url: '/v1/experiments/:key/exposures',
    config: read,
    schema: {
      operationId: 'getExposures',
      summary: 'Who was exposed to what, and whether the split is as planned',
      description: 'Also for what is always on: `layer:<name>` and `withhold:<message>:<period>`.',
      tags,
      params,
      response: { 200: exposuresSchema, ...PROBLEMS },
    },
    handler: async (request) => {
      const report = await experiments.exposures(request.params.key)
      if (report === undefined) throw notFound('experiment', request.params.key)
      return wireExposures(report)
    },
  })
}

function resultsRoute(app: HttpApp, experiments: RouteDeps['usecases']['experiments']): void {
  app.route({
    method: 'GET',
    url: '/v1/experiments/:key/results',
    config: read,
    schema: {
      operationId: 'getResults',
      summary: 'What the log says of it: quality, decision, effects',
      tags,
      params,
      querystring: resultsQuerySchema,
      response: { 200: experimentResultsSchema, ...PROBLEMS },
    },
    handler: async (request) => {
      const { from, ...asked } = request.query
      const results = await experiments.results(request.params.key, from, {
        heterogeneity: asked.heterogeneity === 'true',
        pastEffects: asked.pastEffects === 'true',
      })
      if (results === undefined) throw notFound('experiment', request.params.key)
      return { ...results, until: iso(results.until) }
    },
  })
}

function planRoute(app: HttpApp, experiments: RouteDeps['usecases']['experiments']): void {
  app.route({
    method: 'GET',
    url: '/v1/experiments/:key/plan',
    config: read,
    schema: {
      operationId: 'getPlan',
      summary: "Users and days until it decides, from the log's own history of its metrics",
      description:
        'Of users whom it would have exposed in the last `days`. Where the past is too short `plan` is null.',
      tags,
      params,
      querystring: planQuerySchema,
      response: { 200: planSchema, ...PROBLEMS },
    },
    handler: async (request) => {
      const { key } = request.params
      const plan = await experiments.plan(key, request.query)
      if (plan === undefined) throw notFound('experiment', key)
      return wirePlan(plan)
    },
  })
}

function stepRoutes(app: HttpApp, { usecases: { experiments } }: RouteDeps): void {
  const schema = { tags, params, response: { 200: experimentSchema, ...PROBLEMS } }
  app.route({
    method: 'POST',
    url: '/v1/experiments/:key/start',
    config: write,
    schema: { ...schema, operationId: 'startExperiment', summary: 'Start it, or say what stands in the way' },
    handler: async (request) => {
      const { key } = request.params
      return wireExperiment(found(await experiments.start(key, actorOf(request)), key))
    },
  })
  app.route({
    method: 'POST',
    url: '/v1/experiments/:key/ramp',
    config: write,
    schema: {
      ...schema,
      operationId: 'rampExperiment',
      summary: 'Change traffic or weights; growing traffic moves nobody between variants',
      body: rampSchema,
    },
    handler: async (request) => {
      const { key } = request.params
      return wireExperiment(found(await experiments.ramp(key, request.body, actorOf(request)), key))
    },
  })
  app.route({
    method: 'POST',
    url: '/v1/experiments/:key/stop',
    config: write,
    schema: {
      ...schema,
      operationId: 'stopExperiment',
      summary: 'End it for good, with decision and reason',
      body: stopSchema,
    },
    handler: async (request) => {
      const { key } = request.params
      return wireExperiment(found(await experiments.stop(key, request.body, actorOf(request)), key))
    },
  })
}

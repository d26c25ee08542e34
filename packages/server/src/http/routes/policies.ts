import { z } from 'zod'
import { artifactSchema } from '../../config/artifact-schema.ts'
import type { HttpApp, RouteDeps } from '../http-app.ts'
import { nameSchema } from '../schemas/atoms.ts'
import { PROBLEMS } from '../schemas/problem.ts'

/** `/v1/policies`: what decides, as files. */
export function policyRoutes(app: HttpApp, { usecases }: RouteDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/policies/current/artifact',
    config: { access: { kind: 'key', scope: 'read' } },
    schema: {
      operationId: 'exportArtifact',
      summary: 'What the current policy state has learned, as a policy artifact that another server may start from',
      tags: ['policies'],
      querystring: z.strictObject({ name: nameSchema }),
      response: { 200: artifactSchema, ...PROBLEMS },
    },
    handler: (request) => usecases.policies.artifact(request.query.name),
  })
}

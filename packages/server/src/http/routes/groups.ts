import { z } from 'zod'
import type { HttpApp, RouteDeps } from '../http-app.ts'
import { invalidRequest } from '../problem.ts'
import { nameSchema, queryTimeSchema } from '../schemas/atoms.ts'
import { groupComparisonSchema } from '../schemas/group.ts'
import { PROBLEMS } from '../schemas/problem.ts'
import { wireGroupComparison } from '../wire/to-wire.ts'

/** `/v1/groups`: how the comparison groups fare. */
export function groupRoutes(app: HttpApp, { usecases }: RouteDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/groups/compare',
    config: { access: { kind: 'key', scope: 'read' } },
    schema: {
      operationId: 'compareGroups',
      summary: 'Objectives per group and their differences, with intervals',
      tags: ['groups'],
      querystring: z.strictObject({
        from: queryTimeSchema,
        until: queryTimeSchema,
        matchedBy: nameSchema
          .optional()
          .describe('take differences within sets of users who share the value of this trait'),
      }),
      response: { 200: groupComparisonSchema, ...PROBLEMS },
    },
    handler: async (request) => {
      const { from, until, matchedBy } = request.query
      if (from >= until) throw invalidRequest('query', [{ pointer: '/until', detail: 'expected a moment after from' }])
      return wireGroupComparison(
        await usecases.groups.compare(from, until, matchedBy === undefined ? {} : { matchedBy }),
      )
    },
  })
}

import type { WireRetention } from '@paloma/sdk'
import { z } from 'zod'
import type { RetentionStatus } from '../../usecases/contract.ts'
import type { HttpApp, RouteDeps } from '../http-app.ts'
import { PROBLEMS } from '../schemas/problem.ts'
import { iso } from '../wire/to-wire.ts'

const moment = z.iso.datetime().nullable()
const days = z.int().nullable()

const retentionSchema: z.ZodType<WireRetention> = z.object({
  storeDays: days,
  exportedDays: days,
  keptSince: moment,
  exportedSince: moment,
  oldestDecision: moment,
  lastRun: z.object({ at: z.iso.datetime(), rows: z.int(), heldBy: z.array(z.string()) }).nullable(),
  tables: z.array(z.object({ table: z.string(), rows: z.int(), bytes: z.int() })),
})

/** `/v1/retention`: how long is kept, and what became of the rest. */
export function retentionRoutes(app: HttpApp, { usecases }: RouteDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/retention',
    config: { access: { kind: 'key', scope: 'read' } },
    schema: {
      operationId: 'getRetention',
      summary: 'How long is kept, what tables take up, what the last deletion did and what holds it back',
      tags: ['retention'],
      response: { 200: retentionSchema, ...PROBLEMS },
    },
    handler: async () => wireRetention(await usecases.retention.status()),
  })
}

function wireRetention({ keptSince, exportedSince, oldestDecision, lastRun, ...rest }: RetentionStatus): WireRetention {
  const isoOrNull = (at: number | null): string | null => (at === null ? null : iso(at))
  return {
    ...rest,
    keptSince: isoOrNull(keptSince),
    exportedSince: isoOrNull(exportedSince),
    oldestDecision: isoOrNull(oldestDecision),
    lastRun: lastRun === null ? null : { ...lastRun, at: iso(lastRun.at) },
  }
}

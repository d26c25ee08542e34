import type { WireGroupComparison, WireInterval } from '@paloma/sdk'
import { z } from 'zod'
import { isoSchema, named } from './atoms.ts'

const interval: z.ZodType<WireInterval> = named(
  'Interval',
  z.object({ mean: z.number().nullable(), low: z.number().nullable(), high: z.number().nullable() }),
)

export const groupComparisonSchema: z.ZodType<WireGroupComparison> = named(
  'GroupComparison',
  z.object({
    from: isoSchema,
    until: isoSchema,
    level: z.number(),
    groups: z.record(
      z.string(),
      z.object({
        users: z.int(),
        sendsPerUser: z.number(),
        reach: z.number().nullable(),
        optOutsPerUser: z.number(),
        objectives: z.record(z.string(), interval),
        combined: interval,
      }),
    ),
    differences: z.record(z.string(), z.record(z.string(), interval)),
    matchedSets: z.record(z.string(), z.int()).optional(),
  }),
)

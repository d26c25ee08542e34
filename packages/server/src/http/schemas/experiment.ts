import {
  CONCLUSIONS,
  EXPERIMENT_ACTIONS,
  EXPERIMENT_STATUSES,
  type ExperimentDesign,
  METRIC_ROLES,
} from '@paloma/core/domain'
import type {
  RampInput,
  WireExperiment,
  WireExperimentCreated,
  WireExperimentDetail,
  WireExperimentResults,
  WireExposures,
  WirePlanFromLog,
} from '@paloma/sdk'
import { z } from 'zod'
import { experimentDesignSchema, wholeDesignSchema } from '../../config/experiment-design-schema.ts'
import { isoSchema, named, nameSchema, textSchema } from './atoms.ts'

/** The body of `POST /v1/experiments`. */
export const experimentInputSchema: z.ZodType<ExperimentDesign, unknown> = named(
  'NewExperiment',
  experimentDesignSchema,
)

const shares = z.record(nameSchema, z.number())

export const rampSchema: z.ZodType<RampInput> = named(
  'Ramp',
  z
    .strictObject({ traffic: z.number().exactOptional(), weights: shares.exactOptional() })
    .refine(({ traffic, weights }) => (traffic ?? weights) !== undefined, { error: 'expected traffic or weights' }),
)

export const stopSchema: z.ZodType<{
  readonly decision: (typeof CONCLUSIONS)[number]
  readonly reason: string
}> = named('Stop', z.strictObject({ decision: z.enum(CONCLUSIONS), reason: textSchema.default('') }))

const members = {
  design: named('ExperimentDesign', wholeDesignSchema),
  status: z.enum(EXPERIMENT_STATUSES),
  createdAt: isoSchema,
  layer: z.object({ name: z.string(), salt: z.string(), from: z.int(), until: z.int() }).nullable(),
  phases: z.array(z.object({ since: isoSchema, traffic: z.int(), weights: shares })),
  stateId: z.int().nullable(),
  end: z.object({ at: isoSchema, decision: z.enum(CONCLUSIONS), reason: z.string() }).nullable(),
  revision: z.int(),
}

const faults = z.array(z.object({ pointer: z.string(), detail: z.string() }))

export const experimentSchema: z.ZodType<WireExperiment> = named('Experiment', z.object(members))

export const experimentCreatedSchema: z.ZodType<WireExperimentCreated> = named(
  'ExperimentCreated',
  z.object({ ...members, faults }),
)

export const experimentDetailSchema: z.ZodType<WireExperimentDetail> = named(
  'ExperimentDetail',
  z.object({
    ...members,
    faults,
    changes: z.array(
      z.object({
        revision: z.int(),
        at: isoSchema,
        actor: z.string(),
        action: z.enum(EXPERIMENT_ACTIONS),
        note: z.string(),
      }),
    ),
  }),
)

export const exposuresSchema: z.ZodType<WireExposures> = named(
  'Exposures',
  z.object({
    key: z.string(),
    users: z.int(),
    crossed: z.int(),
    counts: z.array(
      z.object({
        variant: z.string(),
        phase: z.int(),
        users: z.int(),
        crossed: z.int(),
        firstAt: isoSchema,
        lastAt: isoSchema,
      }),
    ),
    sampleRatios: z.array(
      z.object({
        phase: z.int(),
        variants: z.record(z.string(), z.object({ share: z.number(), users: z.int() })),
        pValue: z.number().nullable().describe('null where nobody was exposed in the phase'),
        isMismatch: z.boolean(),
      }),
    ),
  }),
)

/** Where results are read from: the store, or the files of exported days and the store for the rest. */
export const resultsQuerySchema: z.ZodType<{
  readonly from: 'live' | 'history'
  readonly heterogeneity: 'true' | 'false'
  readonly pastEffects: 'true' | 'false'
}> = z.object({
  from: z.enum(['live', 'history']).default('live'),
  heterogeneity: z.enum(['true', 'false']).default('false').describe('Also whom a treatment moves: takes seconds'),
  pastEffects: z
    .enum(['true', 'false'])
    .default('false')
    .describe("Also learn the Bayesian view's prior from own experiments that are over: each of them is read out"),
})

/** The read-out has the shape that `paloma experiment analyse --json` prints. */
export const experimentResultsSchema: z.ZodType<{
  readonly until: string
  readonly leftOut: WireExperimentResults['leftOut']
  readonly past?: WireExperimentResults['past']
  readonly readOut: unknown
}> = named(
  'ExperimentResults',
  z.object({
    until: isoSchema,
    leftOut: z.object({ moved: z.int(), outside: z.int() }),
    past: z
      .object({ experiments: z.array(z.string()), unreadable: z.array(z.string()) })
      .exactOptional()
      .describe('Experiments that are over, where they were asked for'),
    readOut: z.unknown(),
  }),
)

const MOST_PLAN_DAYS = 365

/** Where a plan looks, and over how many past days users would have come. */
export const planQuerySchema: z.ZodType<{ readonly from: 'live' | 'history'; readonly days: number }> = z.object({
  from: z.enum(['live', 'history']).default('live'),
  days: z.coerce.number().int().min(1).max(MOST_PLAN_DAYS).default(28),
})

const numberOrNull = z.number().nullable()

/** The plan has the shape that `paloma experiment plan --json` prints of tables. */
export const planSchema: z.ZodType<Omit<WirePlanFromLog, 'plan'> & { readonly plan: unknown }> = named(
  'ExperimentPlan',
  z.object({
    key: z.string(),
    plan: z.unknown().describe('null where something stands in the way'),
    faults,
    metrics: z.array(
      z.object({
        name: z.string(),
        role: z.enum(METRIC_ROLES),
        units: z.int(),
        mean: numberOrNull,
        stdDeviation: numberOrNull,
        explained: numberOrNull,
        fault: z.string().nullable(),
      }),
    ),
    basis: z.object({
      from: z.enum(['live', 'history']),
      since: isoSchema,
      until: isoSchema,
      days: z.int(),
      unit: z.enum(['user', 'slot']),
      units: z.int(),
      users: z.int(),
      share: z.number(),
      unitsPerDay: numberOrNull,
      triggerRate: numberOrNull,
    }),
  }),
)

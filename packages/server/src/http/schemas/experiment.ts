import { CONCLUSIONS, EXPERIMENT_ACTIONS, EXPERIMENT_STATUSES, type ExperimentDesign } from '@paloma/core/domain'
import type {
  RampInput,
  WireExperiment,
  WireExperimentCreated,
  WireExperimentDetail,
  WireExperimentResults,
  WireExposures,
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
        pValue: z.number(),
        isMismatch: z.boolean(),
      }),
    ),
  }),
)

/** Where results are read from: the store, or the files of exported days and the store for the rest. */
export const resultsQuerySchema: z.ZodType<{ readonly from: 'live' | 'history' }> = z.object({
  from: z.enum(['live', 'history']).default('live'),
})

/** The read-out has the shape that `paloma experiment analyse --json` prints. */
export const experimentResultsSchema: z.ZodType<{
  readonly until: string
  readonly leftOut: WireExperimentResults['leftOut']
  readonly readOut: unknown
}> = named(
  'ExperimentResults',
  z.object({
    until: isoSchema,
    leftOut: z.object({ moved: z.int(), outside: z.int() }),
    readOut: z.unknown(),
  }),
)

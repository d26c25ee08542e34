import {
  type Looks,
  type OtherExperiment,
  type ReadOutSpec,
  SKEWNESS_SETTINGS,
  SPENDINGS,
  type SpendingName,
  SUCCESS_TESTS,
  type SuccessTests,
  type UtilitySpec,
} from '@paloma/core'
import { z } from 'zod'
import { experimentMetricSchema } from '../config/metric-schema.ts'
import {
  type AssignmentColumns,
  type Decompositions,
  METRIC_FORMS,
  type MetricColumns,
  type PlanSettings,
} from './contract.ts'
import { heterogeneitySchema, type WrittenHeterogeneity } from './heterogeneity-schema.ts'
import { phaseSchema, type WrittenPhase } from './phase-schema.ts'
import { surrogateSchema, type WrittenSurrogate } from './surrogate-schema.ts'

const name = z.string().min(1).max(256)
const count = z.int().min(2).max(1e12)
const share = z.number().gt(0).max(1)
const level = z.number().gt(0).lt(0.5)
const moment = z
  .string()
  .refine((text) => /^\d{4}-\d{2}-\d{2}/.test(text) && Number.isFinite(Date.parse(text)), {
    error: 'expected a moment such as "2026-01-31T12:00:00Z"',
  })
  .transform((text) => Date.parse(text))

const looks = z.union([z.literal('daily'), z.literal('once'), z.array(moment).min(1)])

const sequential = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('groupSequential'),
    maxUsers: count.optional(),
    spending: z.enum(SPENDINGS).default('power'),
    looks: looks.default('daily'),
  }),
  z.strictObject({ kind: z.literal('confidenceSequence'), expectedUsers: count }),
  z.strictObject({ kind: z.literal('fixed') }),
])

const utility = z.strictObject({
  weights: z.record(name, z.number()),
  ranges: z.record(name, z.strictObject({ low: z.number(), high: z.number() })).default({}),
})

const decompositions = z.strictObject({
  funnels: z.array(z.strictObject({ name, stages: z.array(name).min(1) })).default([]),
  channels: z.array(z.strictObject({ name, metrics: z.array(name).min(2), treated: name })).default([]),
})

const plan = z.strictObject({
  usersPerDay: z.number().positive().nullable().default(null),
  triggerRate: share.default(1),
  designEffect: z.number().min(1).default(1),
  baselines: z
    .record(
      name,
      z.strictObject({
        mean: z.number(),
        stdDeviation: z.number().positive().nullable().default(null),
        rSquared: z.number().min(0).lt(1).default(0),
      }),
    )
    .default({}),
})

const assignments = z
  .strictObject({
    user: name.default('user'),
    variant: name.default('variant'),
    time: name.nullable().default(null),
    assigned: name.nullable().default(null),
    phase: name.nullable().default(null),
    stratum: name.nullable().default(null),
    propensity: z
      .union([name, z.record(name, name)])
      .nullable()
      .default(null),
    order: name.nullable().default(null),
    covariates: z.array(name).default([]),
    cluster: z
      .union([name.transform((column) => [column]), z.array(name)])
      .nullable()
      .default([])
      .transform((columns) => columns ?? []),
  })
  .prefault({})

const metricColumns = z
  .strictObject({
    form: z.enum(METRIC_FORMS).nullable().default(null),
    user: name.default('user'),
    metric: name.default('metric'),
    value: name.default('value'),
    time: name.default('time'),
    id: name.nullable().default(null),
    preSuffix: z.string().min(1).default('_pre'),
    absent: z.enum(['missing', 'zero']).default('missing'),
  })
  .prefault({})

const switchback = z
  .strictObject({
    slotMinutes: z.number().min(1).max(43_200),
    washoutMinutes: z.number().min(0).default(0),
  })
  .refine(({ slotMinutes, washoutMinutes }) => washoutMinutes < slotMinutes, {
    path: ['washoutMinutes'],
    error: 'expected less than slotMinutes, or nothing of a slot would count',
  })

const pastEffect = z.strictObject({
  experiment: name.optional(),
  effect: z.number(),
  stdError: z.number().positive(),
})

type WrittenSequential =
  | {
      readonly kind: 'groupSequential'
      readonly maxUsers?: number | undefined
      readonly spending: SpendingName
      readonly looks: Looks
    }
  | { readonly kind: 'confidenceSequence'; readonly expectedUsers: number }
  | { readonly kind: 'fixed' }

type Kept =
  | 'experiment'
  | 'variants'
  | 'control'
  | 'alpha'
  | 'beta'
  | 'alphaDeterioration'
  | 'skewness'
  | 'metrics'
  | 'segments'

/** A spec file as it was written, defaults filled in. */
export interface WrittenSpec extends Pick<ReadOutSpec, Kept> {
  readonly phases: readonly WrittenPhase[]
  /** UTC milliseconds. */
  readonly start?: number | undefined
  readonly end?: number | undefined
  readonly asOf?: number | undefined
  readonly sequential?: WrittenSequential | undefined
  readonly utility?: UtilitySpec | undefined
  readonly switchback?: { readonly slotMinutes: number; readonly washoutMinutes: number } | undefined
  readonly interactions: readonly OtherExperiment[]
  readonly received?: string | undefined
  readonly novelty?: { readonly days: number } | undefined
  readonly successTests: SuccessTests
  readonly columns: {
    readonly assignments: AssignmentColumns & { readonly order: string | null }
    readonly metrics: MetricColumns
  }
  readonly heterogeneity?: WrittenHeterogeneity | undefined
  readonly surrogate?: WrittenSurrogate | undefined
  readonly decompositions: Decompositions
  readonly plan: PlanSettings
  /** By metric. */
  readonly pastEffects: Readonly<Record<string, readonly WrittenPastEffect[]>>
}

/** The relative effect that an earlier experiment found. */
interface WrittenPastEffect {
  readonly experiment?: string | undefined
  readonly effect: number
  readonly stdError: number
}

/** What the parts of a spec file are by themselves, whether they agree or not. */
export const writtenSpecSchema: z.ZodType<WrittenSpec> = z.strictObject({
  experiment: name,
  variants: z.array(z.strictObject({ name, weight: share })).min(2),
  control: name,
  phases: z.array(phaseSchema).default([]),
  start: moment.optional(),
  end: moment.optional(),
  asOf: moment.optional(),
  alpha: level.default(0.05),
  beta: level.default(0.2),
  alphaDeterioration: level.default(0.01),
  sequential: sequential.optional(),
  skewness: z.enum(SKEWNESS_SETTINGS).default('corrected'),
  metrics: z.array(experimentMetricSchema).min(1),
  utility: utility.optional(),
  segments: z.array(name).default([]),
  switchback: switchback.optional(),
  interactions: z.array(z.strictObject({ experiment: name, column: name, control: name })).default([]),
  received: name.optional(),
  novelty: z.strictObject({ days: z.int().min(2).max(28) }).optional(),
  successTests: z.enum(SUCCESS_TESTS).default('bonferroni'),
  columns: z.strictObject({ assignments, metrics: metricColumns }).prefault({}),
  heterogeneity: heterogeneitySchema.optional(),
  surrogate: surrogateSchema.optional(),
  decompositions: decompositions.prefault({}),
  plan: plan.prefault({}),
  pastEffects: z.record(name, z.array(pastEffect).min(1)).default({}),
})

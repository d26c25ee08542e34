import {
  type Condition,
  EXPERIMENT_LEARNING,
  type ExperimentDesign,
  type ExperimentHorizon,
  type ExperimentUnit,
  METRIC_ROLES,
  type VariantChange,
} from '@paloma/core/domain'
import { z } from 'zod'
import { limitSchemas } from './config-schema.ts'
import { experimentGroups } from './experiment-settings-schema.ts'
import { policySchema } from './policy-schema.ts'

const TOTAL_SHARE = 1_000_000

const name = z.string().min(1).max(256)
/** Shares and results are maps by these names, which must not be mistaken for what every object has. */
const isOwnName = (text: string): boolean => !(text in Object.prototype)
const OWN_NAME = { error: 'expected another name: every JavaScript object has a member of that one' }
const variantName = name.refine(isOwnName, OWN_NAME)
const scalar = z.union([z.string().max(8_192), z.number(), z.boolean()])
const scalars = z.array(scalar).max(1_000)

/** Keys appear in URLs, tables and records; a colon would look like what Paloma names by itself. */
const key = z
  .string()
  .max(100)
  .regex(/^[a-z0-9][a-z0-9._-]*$/i, { error: 'expected letters, digits, ".", "_" and "-", such as "subject-lines-1"' })
  .refine(isOwnName, OWN_NAME)

const conditionSchema: z.ZodType<Condition> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('oneOf'), trait: name, values: scalars }),
  z.strictObject({ kind: z.literal('noneOf'), trait: name, values: scalars }),
  z.strictObject({
    kind: z.literal('between'),
    trait: name,
    min: z.number().exactOptional(),
    max: z.number().exactOptional(),
  }),
  z.strictObject({ kind: z.literal('known'), trait: name }),
])

const unitSchema: z.ZodType<ExperimentUnit> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('user') }),
  z.strictObject({
    kind: z.literal('switchback'),
    slotMinutes: z.number(),
    washoutMinutes: z.number(),
    clusterTrait: name.exactOptional(),
  }),
])

const changeSchema: z.ZodType<VariantChange> = z.strictObject({
  policy: policySchema.exactOptional(),
  weights: z.record(name, z.number()).exactOptional(),
  prices: z.record(name, z.number()).exactOptional(),
  rules: z
    .strictObject({
      caps: limitSchemas.caps.exactOptional(),
      gaps: limitSchemas.gaps.exactOptional(),
      quietHours: limitSchemas.quietHours.exactOptional(),
      slots: limitSchemas.slots.exactOptional(),
    })
    .exactOptional(),
  messages: z
    .record(
      name,
      z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('withhold') }),
        z.strictObject({ kind: z.literal('wordings'), names: z.array(name).max(100) }),
      ]),
    )
    .exactOptional(),
})

const metricSchema: z.ZodType<ExperimentDesign['metrics'][number]> = z.strictObject({
  name,
  role: z.enum(METRIC_ROLES),
  nonInferiorityMargin: z.number().exactOptional(),
  targetMDE: z.number().exactOptional(),
})

const learning = z.enum(EXPERIMENT_LEARNING)
const horizonSchema: z.ZodType<ExperimentHorizon> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('users'), maxUsers: z.int().min(2).max(1e12) }),
  z.strictObject({ kind: z.literal('days'), days: z.number().positive().max(3_660) }),
  z.strictObject({ kind: z.literal('open'), expectedUsers: z.int().min(2).max(1e12) }),
])
const budgetSplit = z.array(name).max(100)
const successTests = z.enum(['bonferroni', 'nyholt'])
const hypothesis = z.string().max(8_192)
const place = z.strictObject({ name, from: z.number(), until: z.number() }).nullable()
const targeting = z.array(conditionSchema).max(100)
const weights = z.record(name, z.number())
const metrics = z.array(metricSchema).max(100)

const given = z.strictObject({
  key,
  hypothesis: hypothesis.default(''),
  salt: name.exactOptional(),
  layer: place.default(null),
  isExclusive: z.boolean().default(false),
  groups: experimentGroups.default(['paloma']),
  targeting: targeting.default([]),
  unit: unitSchema.default({ kind: 'user' }),
  variants: z
    .array(z.strictObject({ name: variantName, change: changeSchema.default({}) }))
    .min(1)
    .max(100),
  control: name.exactOptional(),
  weights: weights.exactOptional(),
  traffic: z.number().default(TOTAL_SHARE),
  learning: learning.default('shared'),
  metrics: metrics.default([]),
  horizon: horizonSchema.default({ kind: 'open', expectedUsers: 10_000 }),
  successTests: successTests.exactOptional(),
  budgetSplit: budgetSplit.exactOptional(),
})

/** A whole design, as answers show it. */
export const wholeDesignSchema: z.ZodType<ExperimentDesign> = z.object({
  ...{ key, hypothesis, salt: name, layer: place, isExclusive: z.boolean(), groups: experimentGroups, targeting },
  ...{ unit: unitSchema, variants: z.array(z.object({ name, change: changeSchema })), control: name, weights },
  ...{
    traffic: z.number(),
    learning,
    metrics,
    horizon: horizonSchema,
    budgetSplit: budgetSplit.exactOptional(),
    successTests: successTests.exactOptional(),
  },
})

/**
 * A design as it may be given: everything but key and variants has a default. Whether its numbers fit together and its
 * names are known is asked at the start (`designFaults`), so that a draft may wait for either.
 */
export const experimentDesignSchema: z.ZodType<ExperimentDesign, unknown> = given.transform(
  ({ salt, control, weights: shares, ...design }): ExperimentDesign => ({
    ...design,
    salt: salt ?? design.key,
    control: control ?? design.variants[0]!.name,
    weights: shares ?? evenly(design.variants.map((variant) => variant.name)),
  }),
)

/** The same weight for each, what is left over to the first. */
function evenly(names: readonly string[]): Readonly<Record<string, number>> {
  const each = Math.floor(TOTAL_SHARE / names.length)
  const first = TOTAL_SHARE - each * (names.length - 1)
  return Object.fromEntries(names.map((variant, i) => [variant, i === 0 ? first : each]))
}

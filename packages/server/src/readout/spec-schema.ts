import {
  type ClusterUnit,
  type ReadOutSpec,
  type SequentialSettings,
  SKEWNESS_SETTINGS,
  SPENDINGS,
  SUCCESS_TESTS,
  windowMs,
} from '@paloma/core'
import { z } from 'zod'
import { experimentMetricSchema } from '../config/metric-schema.ts'
import { type FileSpec, METRIC_FORMS } from './contract.ts'
import { heterogeneitySchema, heterogeneitySpec, wrongHeterogeneity } from './heterogeneity-schema.ts'
import { surrogateSchema, surrogateSpec, wrongSurrogate } from './surrogate-schema.ts'

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
    propensity: name.nullable().default(null),
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

const writtenSchema = z
  .strictObject({
    experiment: name,
    variants: z.array(z.strictObject({ name, weight: share })).min(2),
    control: name,
    phases: z.array(z.strictObject({ name, weights: z.record(name, z.number().min(0).max(1)) })).default([]),
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
  })
  .superRefine((spec, context) => {
    for (const { path, message } of disagreements(spec)) context.addIssue({ code: 'custom', path: [...path], message })
  })

/** A spec file as it was written, defaults filled in. */
type WrittenSpec = z.output<typeof writtenSchema>

/** What a spec file must be, its parts agreeing with one another. */
export const fileSpecSchema: z.ZodType<FileSpec> = writtenSchema.transform(toFileSpec)

interface Disagreement {
  readonly path: readonly (string | number)[]
  readonly message: string
}

const WEIGHT_TOLERANCE = 1e-9

function disagreements(spec: WrittenSpec): readonly Disagreement[] {
  return [
    ...wrongVariants(spec),
    ...wrongPhases(spec),
    ...wrongTimes(spec),
    ...repeatedNames(spec.metrics, 'metrics'),
    ...wrongUnits(spec),
    ...wrongReceipt(spec),
    ...wrongEvents(spec),
    ...wrongUtility(spec),
    ...wrongHeterogeneity(spec),
    ...wrongSurrogate(spec),
    ...wrongDecompositions(spec),
  ]
}

function repeatedNames(items: readonly { readonly name: string }[], path: string): readonly Disagreement[] {
  const names = items.map((item) => item.name)
  return names.flatMap((each, i) =>
    names.indexOf(each) === i
      ? []
      : [{ path: [path, i, 'name'], message: `expected a name used only once, got "${each}"` }],
  )
}

function wrongVariants({ variants, control }: WrittenSpec): readonly Disagreement[] {
  const names = variants.map((variant) => variant.name)
  return [
    ...repeatedNames(variants, 'variants'),
    ...wrongSum(
      variants.map(({ weight }) => weight),
      ['variants'],
    ),
    ...(names.includes(control)
      ? []
      : [{ path: ['control'], message: `expected one of ${names.join(', ')}, got "${control}"` }]),
  ]
}

function wrongSum(weights: readonly number[], path: readonly (string | number)[]): readonly Disagreement[] {
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return Math.abs(sum - 1) <= WEIGHT_TOLERANCE ? [] : [{ path, message: `expected weights that sum to 1, got ${sum}` }]
}

function wrongPhases({ phases, variants }: WrittenSpec): readonly Disagreement[] {
  const names = variants.map((variant) => variant.name)
  return [
    ...repeatedNames(phases, 'phases'),
    ...phases.flatMap(({ weights }, i) => [
      ...wrongSum(Object.values(weights), ['phases', i, 'weights']),
      ...unknownNames(Object.keys(weights), names, ['phases', i, 'weights']),
    ]),
  ]
}

function unknownNames(
  given: readonly string[],
  known: readonly string[],
  path: readonly (string | number)[],
): readonly Disagreement[] {
  return given
    .filter((each) => !known.includes(each))
    .map((each) => ({ path: [...path, each], message: `expected one of ${known.join(', ')}, got "${each}"` }))
}

function wrongTimes({ start, end, asOf, sequential: plan, columns }: WrittenSpec): readonly Disagreement[] {
  const isBackwards = start !== undefined && end !== undefined && end <= start
  const needsEnd = plan === undefined || (plan.kind === 'groupSequential' && plan.maxUsers === undefined)
  const isDated = asOf !== undefined || columns.assignments.time !== null
  const ways = '{kind: groupSequential, maxUsers: …}, {kind: confidenceSequence, expectedUsers: …} or {kind: fixed}'
  return [
    ...(isBackwards ? [{ path: ['end'], message: 'expected a moment after start' }] : []),
    ...(needsEnd && end === undefined ? [{ path: ['sequential'], message: `expected ${ways}, or an \`end\`` }] : []),
    // Without these nobody could see how far the experiment has come, and it would be tested as if it were over.
    ...(needsEnd && end !== undefined && (start === undefined || !isDated)
      ? [
          {
            path: ['sequential'],
            message: `expected ${ways}, or a \`start\` and times of exposure (columns.assignments.time) beside \`end\``,
          },
        ]
      : []),
  ]
}

function wrongUnits(spec: WrittenSpec): readonly Disagreement[] {
  const { columns, switchback: slots, sequential: plan, utility: stated, decompositions: parts } = spec
  const { cluster, covariates, propensity, time } = columns.assignments
  if (cluster.length === 0 && slots === undefined) return []
  const what = slots === undefined ? 'clusters' : 'slots of time'
  const found: Disagreement[] = []
  const refuse = (isWrong: boolean, path: readonly (string | number)[], message: string): void => {
    if (isWrong) found.push({ path, message })
  }
  refuse(covariates.length > 0, ['columns', 'assignments', 'covariates'], `expected none beside ${what}`)
  refuse(propensity !== null, ['columns', 'assignments', 'propensity'], `expected none beside ${what}`)
  refuse(stated !== undefined, ['utility'], `expected none beside ${what}`)
  refuse(parts.funnels.length + parts.channels.length > 0, ['decompositions'], `expected none beside ${what}`)
  refuse(
    slots === undefined && (plan?.kind === 'confidenceSequence' || (plan?.kind !== 'fixed' && time === null)),
    ['sequential'],
    'expected {kind: fixed}, or {kind: groupSequential} and the time of exposure, where clusters were randomised',
  )
  refuse(
    slots !== undefined && time === null,
    ['columns', 'assignments', 'time'],
    'expected the column with the time of exposure',
  )
  return [...found, ...(slots === undefined ? [] : windowsBeyond(spec.metrics, slots.slotMinutes))]
}

function wrongReceipt({
  received,
  metrics,
  successTests,
  columns,
  switchback: slots,
}: WrittenSpec): readonly Disagreement[] {
  const shares = metrics.filter(({ metricType }) => metricType === 'proportion').map((metric) => metric.name)
  const isClustered = slots !== undefined || columns.assignments.cluster.length > 0
  return [
    ...(received === undefined || shares.includes(received)
      ? []
      : [{ path: ['received'], message: `expected a metric of type proportion, got "${received}"` }]),
    ...(received !== undefined && isClustered
      ? [{ path: ['received'], message: 'expected none beside clusters and slots of time' }]
      : []),
    ...(successTests === 'nyholt' && isClustered
      ? [{ path: ['successTests'], message: 'expected bonferroni beside clusters and slots of time' }]
      : []),
  ]
}

/** A window that begins after its slot has ended holds nothing. */
function windowsBeyond(metrics: WrittenSpec['metrics'], slotMinutes: number): readonly Disagreement[] {
  return metrics.flatMap(({ windowSettings }, i) =>
    windowSettings !== undefined && windowMs(windowSettings).from >= slotMinutes * MS_PER_MINUTE
      ? [
          {
            path: ['metrics', i, 'windowSettings', 'delayValue'],
            message: `expected less than a slot of ${slotMinutes} minutes: every window ends with its slot`,
          },
        ]
      : [],
  )
}

const MS_PER_MINUTE = 60_000

/** Quantiles of single events need the events. */
function wrongEvents({ metrics, columns }: WrittenSpec): readonly Disagreement[] {
  return metrics.flatMap(({ quantileSettings, cappingSettings }, i) => {
    if (quantileSettings?.type !== 'event') return []
    const isWide = columns.metrics.form === 'wide'
    return [
      ...(isWide
        ? [{ path: ['metrics', i, 'quantileSettings', 'type'], message: 'expected unit: a wide table has no events' }]
        : []),
      ...(cappingSettings?.type === 'percentile'
        ? [{ path: ['metrics', i, 'cappingSettings', 'type'], message: 'expected absolute for a quantile of events' }]
        : []),
    ]
  })
}

function wrongUtility({ utility: stated, metrics }: WrittenSpec): readonly Disagreement[] {
  if (stated === undefined) return []
  const names = metrics.filter(({ metricType }) => metricType !== 'quantile').map((metric) => metric.name)
  const weighted = Object.keys(stated.weights)
  const isOutside = ([key, { low, high }]: readonly [
    string,
    { readonly low: number; readonly high: number },
  ]): boolean => !(low <= (stated.weights[key] ?? Number.NaN) && (stated.weights[key] ?? Number.NaN) <= high)
  return [
    ...(weighted.length === 0
      ? [{ path: ['utility', 'weights'], message: 'expected a weight of at least one metric' }]
      : []),
    ...unknownNames(weighted, names, ['utility', 'weights']),
    ...Object.entries(stated.ranges)
      .filter(isOutside)
      .map(([key]) => ({
        path: ['utility', 'ranges', key],
        message: `expected low ≤ weight (${stated.weights[key] ?? 'none'}) ≤ high`,
      })),
  ]
}

function wrongDecompositions({
  decompositions: { funnels, channels },
  metrics,
  plan: { baselines },
}: WrittenSpec): readonly Disagreement[] {
  const names = metrics.map((metric) => metric.name)
  return [
    ...funnels.flatMap(({ stages }, i) => unknownNames(stages, names, ['decompositions', 'funnels', i, 'stages'])),
    ...channels.flatMap(({ metrics: parts, treated }, i) => [
      ...unknownNames(parts, names, ['decompositions', 'channels', i, 'metrics']),
      ...unknownNames([treated], parts, ['decompositions', 'channels', i, 'treated']),
    ]),
    ...unknownNames(Object.keys(baselines), names, ['plan', 'baselines']),
  ]
}

function toFileSpec(written: WrittenSpec): FileSpec {
  const { experiment, variants, control, phases, start, end, asOf, alpha, beta, alphaDeterioration } = written
  const { metrics, utility, segments, columns } = written
  const readOut: ReadOutSpec = {
    experiment,
    variants,
    control,
    phases,
    start: start ?? null,
    end: end ?? null,
    alpha,
    beta,
    alphaDeterioration,
    sequential: sequentialOf(written),
    skewness: written.skewness,
    metrics,
    utility: utility ?? null,
    segments,
    interactions: written.interactions,
    ...(written.received === undefined ? {} : { received: written.received }),
    ...(written.novelty === undefined ? {} : { noveltyDays: written.novelty.days }),
    successTests: written.successTests,
    channels: written.decompositions.channels,
    ...explorationOf(written),
    ...unitOf(written),
  }
  return { readOut, asOf: asOf ?? null, columns, decompositions: written.decompositions, plan: written.plan }
}

function explorationOf({ heterogeneity, surrogate, metrics }: WrittenSpec): Partial<ReadOutSpec> {
  return {
    ...(heterogeneity === undefined ? {} : { heterogeneity: heterogeneitySpec(heterogeneity, metrics) }),
    ...(surrogate === undefined ? {} : { surrogate: surrogateSpec(surrogate, metrics) }),
  }
}

function unitOf({ switchback: slots, columns }: WrittenSpec): { readonly unit?: ClusterUnit } {
  if (slots !== undefined) return { unit: { kind: 'switchback', ...slots } }
  return columns.assignments.cluster.length === 0 ? {} : { unit: { kind: 'cluster' } }
}

/** Where nothing is said, as many users as come until the end. */
function sequentialOf({ sequential }: WrittenSpec): SequentialSettings {
  if (sequential === undefined) return { kind: 'groupSequential', maxUsers: null, spending: 'power', looks: 'daily' }
  return sequential.kind === 'groupSequential' ? { ...sequential, maxUsers: sequential.maxUsers ?? null } : sequential
}

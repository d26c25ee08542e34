import { CHANNELS, type Channel, KERNELS, type KernelName, PalomaError } from '@paloma/core'
import { z } from 'zod'

/** A send that the past campaign tried, or that the plan may choose. */
export interface CampaignSend {
  readonly name: string
  readonly channel: Channel
  /** Cost of one send on the common value scale. Default 0. */
  readonly cost?: number
}

/** How a feature column is read. Numbers are standardised and categories collected from the past campaign. */
export type CampaignFeature =
  | { readonly kind: 'number'; readonly log1p?: boolean }
  | { readonly kind: 'category'; readonly maxValues?: number }
  | { readonly kind: 'boolean' }

/**
 * Where the probability of every action lies, by the value that the action column holds for it. `floor` is the probability that the
 * log's policy says it spread over all actions: rows that contradict it are left out.
 */
export type CampaignPropensity =
  /** Every action alike. */
  | { readonly uniform: true }
  /** Fixed by the design, e.g. `{ A: 0.5, B: 0.5 }`; they add up to 1. */
  | { readonly constant: Readonly<Record<string, number>> }
  /** A column per action. */
  | { readonly columns: Readonly<Record<string, string>>; readonly floor?: number }
  /** One column with the probability of the action that was taken; the rest goes to the others by their frequency. */
  | { readonly column: string; readonly floor?: number }

/** Which column of a table of a past randomised campaign means what. */
export interface CampaignMapping {
  readonly user: { readonly column: string } | { readonly rowNumber: true }
  /** What each value of the column stands for; exactly one of them is `hold`. */
  readonly action: { readonly column: string; readonly values: Readonly<Record<string, 'hold' | CampaignSend>> }
  readonly propensity: CampaignPropensity
  /** By objective: where its reward lies, what one unit is worth on the common scale and how it is called. */
  readonly outcomes: Readonly<
    Record<string, { readonly column: string; readonly weight: number; readonly unit: string }>
  >
  /** By column. */
  readonly features: Readonly<Record<string, CampaignFeature>>
  /** Which decision a row belongs to: of slates all positions have the same, and a target in a table of its own is joined by it. */
  readonly decision?: { readonly column: string }
  /** Rows are positions of slates; `propensity` is then that of the action given those before it. */
  readonly slate?: CampaignSlate
  /** Several policies made the table. */
  readonly logger?: CampaignLogger
  /** Rows of a user are steps of one trajectory, and what one of them does may change what the next meets. */
  readonly steps?: CampaignSteps
  /** What is judged is when messages went; rows that hold are left out, and `propensity` is not read. */
  readonly moment?: CampaignMoment
}

/** Which policy made which row. `propensity` of the mapping stays that of the row's own. */
export interface CampaignLogger {
  readonly column: string
  /** By what the column holds, the probabilities this policy would have had in every row; `{ column }`: of the action that was taken. */
  readonly propensities?: Readonly<Record<string, CampaignPropensity>>
}

export interface CampaignSteps {
  /** Column with the time of a decision: ISO 8601, or a number of days. */
  readonly time: string
  /** What a reward a day later counts. Default 1. */
  readonly gammaPerDay?: number
  /** Only so many decisions of each user, from his first on. Default all. */
  readonly horizon?: number
}

/** When a message went, as a number, e.g. the hour of the day. */
export interface CampaignMoment {
  readonly column: string
  /** Column with the density it was drawn with, per unit of the moment. */
  readonly density: string
  /** Moments lie on a circle of this length, e.g. 24. Default a line. */
  readonly period?: number
  /** Default epanechnikov. */
  readonly kernel?: KernelName
  /** Default by SLOPE. */
  readonly bandwidth?: number
}

/** Slates: several messages chosen together, one row a position. */
export interface CampaignSlate {
  /** Column with the position, a number; the least is the first. */
  readonly position: string
  /**
   * Columns with what is known of the chosen actions alone: the probability of the whole slate, of the action at this position whatever stands before it, and of
   * this action and all before it. Given, they stand in place of `propensity`.
   */
  readonly propensity?: { readonly joint?: string; readonly position?: string; readonly prefix?: string }
}

const text = z.string().min(1)

const featureSchema: z.ZodType<CampaignFeature> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('number'), log1p: z.boolean().exactOptional() }),
  z.strictObject({ kind: z.literal('category'), maxValues: z.int().min(1).max(1_000).exactOptional() }),
  z.strictObject({ kind: z.literal('boolean') }),
])

const sendSchema: z.ZodType<CampaignSend> = z.strictObject({
  name: z.string().regex(/^[\w-]+$/, { error: 'expected letters, digits, _ and -' }),
  channel: z.enum(CHANNELS),
  cost: z.number().nonnegative().exactOptional(),
})

const floor = z.number().min(0).lt(1).exactOptional()

const propensitySchema: z.ZodType<CampaignPropensity> = z.union([
  z.strictObject({ uniform: z.literal(true) }),
  z.strictObject({ constant: z.record(text, z.number().positive().max(1)) }),
  z.strictObject({ columns: z.record(text, text), floor }),
  z.strictObject({ column: text, floor }),
])

/** The shape of a mapping; `parseCampaignMapping` also checks what one member demands of another. */
export const campaignMappingSchema: z.ZodType<CampaignMapping> = z.strictObject({
  user: z.union([z.strictObject({ column: text }), z.strictObject({ rowNumber: z.literal(true) })]),
  action: z.strictObject({ column: text, values: z.record(text, z.union([z.literal('hold'), sendSchema])) }),
  propensity: propensitySchema,
  outcomes: z.record(z.string().regex(/^[\w-]+$/), z.strictObject({ column: text, weight: z.number(), unit: text })),
  features: z.record(text, featureSchema),
  decision: z.strictObject({ column: text }).exactOptional(),
  slate: z
    .strictObject({
      position: text,
      propensity: z
        .strictObject({ joint: text.exactOptional(), position: text.exactOptional(), prefix: text.exactOptional() })
        .exactOptional(),
    })
    .exactOptional(),
  logger: z
    .strictObject({ column: text, propensities: z.record(text, propensitySchema).exactOptional() })
    .exactOptional(),
  steps: z
    .strictObject({
      time: text,
      gammaPerDay: z.number().positive().max(1).exactOptional(),
      horizon: z.int().min(1).exactOptional(),
    })
    .exactOptional(),
  moment: z
    .strictObject({
      column: text,
      density: text,
      period: z.number().positive().exactOptional(),
      kernel: z.enum(KERNELS).exactOptional(),
      bandwidth: z.number().positive().exactOptional(),
    })
    .exactOptional(),
})

const NO_HOLD =
  'exactly one value must mean hold; where every user was sent something, let the one to compare with stand for it'

/** Checks a mapping from a file; throws PalomaError CAMPAIGN_MAPPING which names the member at fault. */
export function parseCampaignMapping(value: unknown, source: string): CampaignMapping {
  const parsed = campaignMappingSchema.safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw fault(source, issue?.path.join('.') ?? '', issue?.message ?? 'cannot be read')
  }
  const mapping = parsed.data
  const targets = Object.values(mapping.action.values)
  const names = targets.flatMap((target) => (target === 'hold' ? [] : [target.name]))
  if (targets.length - names.length !== 1) throw fault(source, 'action.values', NO_HOLD)
  if (names.length === 0) throw fault(source, 'action.values', 'expected at least one send')
  const repeated = names.find((name, index) => name === 'hold' || names.indexOf(name) !== index)
  if (repeated !== undefined) throw fault(source, 'action.values', `the name '${repeated}' stands for two actions`)
  if (Object.keys(mapping.outcomes).length === 0) throw fault(source, 'outcomes', 'expected at least one objective')
  if ('combined' in mapping.outcomes) throw fault(source, 'outcomes.combined', 'the name is taken by the weighted sum')
  checkPropensity(mapping, source)
  checkUnits(mapping, source)
  return mapping
}

/** What makes one unit of several rows, or of a moment; no two at once. */
function checkUnits(mapping: CampaignMapping, source: string): void {
  const { decision, slate, steps, user, propensity, logger } = mapping
  const kinds = (['slate', 'steps', 'moment'] as const).filter((kind) => mapping[kind] !== undefined)
  const [kind] = kinds
  if (kind !== undefined && (kinds.length > 1 || logger !== undefined))
    throw fault(source, kind, `cannot be together with ${kinds[1] ?? 'logger'}`)
  if (kind !== undefined && 'floor' in propensity)
    throw fault(source, 'propensity.floor', `rows cannot be left out of what ${kind} makes of them`)
  if (slate !== undefined && decision === undefined)
    throw fault(source, 'decision', 'expected the column that says which rows are one slate')
  if (slate?.propensity !== undefined && Object.keys(slate.propensity).length === 0)
    throw fault(source, 'slate.propensity', 'expected joint, position or prefix')
  if (steps !== undefined && !('column' in user))
    throw fault(source, 'user', 'expected a column, since steps are those of one user')
  for (const [name, own] of Object.entries(logger?.propensities ?? {}))
    checkPropensity({ ...mapping, propensity: own }, source, `logger.propensities.${name}`)
}

const SUM_TOLERANCE = 1e-6

function checkPropensity(mapping: CampaignMapping, source: string, member = 'propensity'): void {
  const { propensity } = mapping
  const given = 'constant' in propensity ? propensity.constant : 'columns' in propensity ? propensity.columns : null
  if (given === null) return
  const values = Object.keys(mapping.action.values)
  const missing = values.find((value) => given[value] === undefined)
  if (missing !== undefined) throw fault(source, member, `the action value '${missing}' is missing`)
  if (!('constant' in propensity)) return
  const sum = values.reduce((total, value) => total + propensity.constant[value]!, 0)
  if (Math.abs(sum - 1) > SUM_TOLERANCE) throw fault(source, `${member}.constant`, `must add up to 1, got ${sum}`)
}

function fault(source: string, member: string, detail: string): PalomaError {
  return new PalomaError('CAMPAIGN_MAPPING', `${source}: ${member}: ${detail}`, {
    hint: 'docs/guide/batch.md explains every member of a mapping',
    pointer: `/${member.replaceAll('.', '/')}`,
  })
}

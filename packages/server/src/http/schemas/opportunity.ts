import { CATEGORIES, type Channel, type Content, type Opportunity, type Variant } from '@paloma/core/domain'
import type { WireOpportunity } from '@paloma/sdk'
import { z } from 'zod'
import { OPPORTUNITY_STATUSES } from '../../store/contract.ts'
import {
  channelSchema,
  EARLIEST_MS,
  isoSchema,
  named,
  nameSchema,
  opportunityIdSchema,
  scalarsSchema,
  timeSchema,
  userIdSchema,
} from './atoms.ts'

const MAX_TEMPLATE = 262_144
const MAX_VARIANTS = 50

const channelKey = z.enum(['push', 'email', 'in-app', 'sms', 'webhook'])

const contents: z.ZodType<Partial<Record<Channel, Content>>> = z.partialRecord(
  channelKey,
  z.record(nameSchema, z.string().max(MAX_TEMPLATE)),
)

const variant: z.ZodType<Variant> = z.strictObject({
  name: nameSchema,
  content: contents,
  features: scalarsSchema.exactOptional(),
})

const claim = z.strictObject({
  objective: nameSchema,
  estimate: z.number(),
  unit: nameSchema,
  horizonDays: z.number().positive().max(3_660),
  stdError: z.number().min(0).exactOptional(),
  kind: z.enum(['predicted', 'incremental']),
  model: nameSchema.exactOptional(),
})

const given = z.strictObject({
  id: opportunityIdSchema,
  producer: nameSchema,
  userId: userIdSchema,
  message: nameSchema,
  category: z.enum(CATEGORIES).default('marketing'),
  topic: nameSchema.default('general'),
  channels: z.array(channelSchema).min(1).max(5),
  content: contents.exactOptional(),
  variants: z.array(variant).min(1).max(MAX_VARIANTS).exactOptional(),
  window: z.strictObject({ notBefore: timeSchema.default(EARLIEST_MS), expires: timeSchema }),
  claims: z.array(claim).max(20).default([]),
  features: scalarsSchema.default({}),
  dedupeKey: nameSchema.exactOptional(),
  groupKey: nameSchema.exactOptional(),
  supersedes: opportunityIdSchema.exactOptional(),
})

type Given = z.infer<typeof given>

/** A proposal; `content` stands for one variant named `default`, a window without `notBefore` is open already. */
export const opportunitySchema: z.ZodType<Opportunity> = named(
  'Proposal',
  given
    .superRefine((opportunity, context) => {
      for (const { path, message } of faults(opportunity))
        context.addIssue({ code: 'custom', path: [...path], message })
    })
    .transform(withVariants),
)

function withVariants({ content, variants, ...rest }: Given): Opportunity {
  return { ...rest, variants: variants ?? [{ name: 'default', content: content ?? {} }] }
}

interface Fault {
  readonly path: readonly (string | number)[]
  readonly message: string
}

function faults({ content, variants, window, channels }: Given): readonly Fault[] {
  const found: Fault[] = []
  if ((content === undefined) === (variants === undefined)) {
    found.push({ path: ['content'], message: 'expected either content or variants' })
  }
  if (window.notBefore >= window.expires) {
    const [from, until] = [window.notBefore, window.expires].map((moment) => new Date(moment).toISOString())
    const message = `expected a moment after window.notBefore (${from}), got ${until}`
    found.push({ path: ['window', 'expires'], message })
  }
  if (new Set(channels).size < channels.length) {
    found.push({ path: ['channels'], message: 'expected every channel at most once' })
  }
  const names = (variants ?? []).map(({ name }) => name)
  if (new Set(names).size < names.length) {
    found.push({ path: ['variants'], message: 'expected variants with different names' })
  }
  return found
}

export const wireOpportunitySchema: z.ZodType<WireOpportunity> = named(
  'Opportunity',
  z.object({
    id: z.string(),
    producer: z.string(),
    userId: z.string(),
    message: z.string(),
    category: z.enum(CATEGORIES),
    topic: z.string(),
    channels: z.array(channelSchema),
    variants: z.array(variant),
    window: z.object({ notBefore: isoSchema, expires: isoSchema }),
    claims: z.array(claim),
    features: scalarsSchema,
    dedupeKey: z.string().exactOptional(),
    groupKey: z.string().exactOptional(),
    supersedes: z.string().exactOptional(),
    status: z.enum(OPPORTUNITY_STATUSES),
  }),
)

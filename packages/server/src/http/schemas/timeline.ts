import { CATEGORIES, REACH_LOSSES } from '@paloma/core/domain'
import type { WireOutcome, WireSend, WireTimelineEntry } from '@paloma/sdk'
import { z } from 'zod'
import { SEND_STATUSES } from '../../store/contract.ts'
import { channelSchema, isoSchema, named, scalarsSchema } from './atoms.ts'
import { refusalSchema, wireDecisionSchema } from './decision.ts'
import { wireOpportunitySchema } from './opportunity.ts'

const outcome: z.ZodType<WireOutcome> = named(
  'Outcome',
  z.object({
    messageId: z.string(),
    userId: z.string(),
    name: z.string(),
    at: isoSchema,
    receivedAt: isoSchema,
    decisionId: z.string().nullable(),
    joinedBy: z.enum(['decisionId', 'window']).nullable(),
    isMachine: z.boolean(),
    channel: channelSchema.nullable(),
    isVisit: z.boolean(),
    isResponse: z.boolean(),
    reachLoss: z.enum(REACH_LOSSES).nullable(),
    values: z.record(z.string(), z.number()),
    properties: scalarsSchema,
  }),
)

const send: z.ZodType<WireSend> = named(
  'Send',
  z.object({
    sendId: z.string(),
    decisionId: z.string(),
    userId: z.string(),
    opportunityId: z.string(),
    message: z.string(),
    variant: z.string(),
    channel: channelSchema,
    category: z.enum(CATEGORIES),
    topic: z.string(),
    groupKey: z.string().nullable(),
    dueAt: isoSchema,
    status: z.enum(SEND_STATUSES),
    updatedAt: isoSchema,
    providerMessageId: z.string().nullable(),
    error: z.string().nullable(),
    refusals: z.array(refusalSchema),
  }),
)

export const timelineEntrySchema: z.ZodType<WireTimelineEntry> = named(
  'TimelineEntry',
  z.union([
    z.object({ kind: z.literal('decision'), at: isoSchema, decision: wireDecisionSchema }),
    z.object({ kind: z.literal('outcome'), at: isoSchema, outcome }),
    z.object({ kind: z.literal('send'), at: isoSchema, send }),
    z.object({ kind: z.literal('opportunity'), at: isoSchema, opportunity: wireOpportunitySchema }),
  ]),
)

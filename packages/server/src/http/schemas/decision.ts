import { CHOICE_STEPS } from '@paloma/core'
import { type Assignment, CATEGORIES, DECISION_REASONS, DECISION_TRIGGERS, REACH_LOSSES } from '@paloma/core/domain'
import type {
  WireAction,
  WireAudit,
  WireDecision,
  WireDecisionAnswer,
  WireExplainedAction,
  WireExplanation,
  WireRefusal,
  WireReplay,
} from '@paloma/sdk'
import { z } from 'zod'
import { SEND_STATUSES } from '../../store/contract.ts'
import type { DecideCommand } from '../../usecases/contract.ts'
import { channelSchema, decisionIdSchema, isoSchema, named, scalarsSchema, timeSchema, userIdSchema } from './atoms.ts'
import { wireUserSchema } from './user.ts'

const decideMembers = {
  userId: userIdSchema,
  context: scalarsSchema.default({}),
  at: timeSchema.exactOptional(),
  deliver: z.boolean().default(true),
}

/** The body of `POST /v1/decisions`, where the Idempotency-Key header may stand for `decisionId`. */
export const decideBodySchema: z.ZodType<Omit<DecideCommand, 'decisionId'> & Partial<DecideCommand>> = named(
  'DecideBody',
  z.strictObject({ decisionId: decisionIdSchema.exactOptional(), ...decideMembers }),
)

/** A request for one decision. */
export const decideSchema: z.ZodType<DecideCommand> = named(
  'Decide',
  z.strictObject({ decisionId: decisionIdSchema, ...decideMembers }),
)

const numbers = z.array(z.number())
const numbersByName = z.record(z.string(), z.object({ mean: numbers, variance: numbers }))
const assignments: z.ZodType<readonly Assignment[]> = z.array(
  z.object({
    experiment: z.string(),
    variant: z.string(),
    phase: z.int().exactOptional(),
    exposed: z.boolean().exactOptional(),
    moved: z.boolean().exactOptional(),
    slot: z.int().exactOptional(),
    cluster: z.string().exactOptional(),
  }),
)

const candidate = z.object({
  opportunityId: z.string(),
  variant: z.string(),
  channel: channelSchema,
  sendAt: isoSchema,
})

const action: z.ZodType<WireAction> = named(
  'Action',
  z.union([z.object({ kind: z.literal('hold') }), candidate.extend({ kind: z.literal('send') })]),
)

export const refusalSchema: z.ZodType<WireRefusal> = named(
  'Refusal',
  z.object({
    reason: z.string(),
    words: z.string(),
    rule: z.string().exactOptional(),
    until: isoSchema.exactOptional(),
  }),
)

export const decisionAnswerSchema: z.ZodType<WireDecisionAnswer> = named(
  'DecisionAnswer',
  z.object({
    decisionId: z.string(),
    userId: z.string(),
    at: isoSchema,
    action,
    propensity: z.number(),
    reason: z.enum(DECISION_REASONS),
    policy: z.string(),
    stateId: z.int(),
    assignments,
    sendId: z.string().nullable(),
    sendStatus: z.enum(SEND_STATUSES).nullable(),
  }),
)

const sentSchema = z.object({
  channel: channelSchema,
  action: numbers,
  pressure: numbers,
  gains: numbers.exactOptional(),
})

/** `until` counts milliseconds since 1970. */
const waitsSchema = z.object({ until: z.int(), worth: z.number() })

const pastSend = z.object({
  at: isoSchema,
  channel: channelSchema,
  category: z.enum(CATEGORIES),
  message: z.string(),
  topic: z.string(),
  groupKey: z.string().exactOptional(),
  opportunityId: z.string(),
  waits: waitsSchema.exactOptional(),
})

export const wireDecisionSchema: z.ZodType<WireDecision> = named(
  'Decision',
  z.object({
    decisionId: z.string(),
    userId: z.string(),
    at: isoSchema,
    trigger: z.enum(DECISION_TRIGGERS),
    snapshotVersion: z.string(),
    stateId: z.int(),
    policy: z.string(),
    assignments,
    reason: z.enum(DECISION_REASONS),
    reasonWords: z.string(),
    actions: z.array(action),
    values: numbersByName,
    prices: numbers,
    losses: z.partialRecord(channelSchema, z.partialRecord(z.enum(REACH_LOSSES), z.number())),
    dayWorths: z.partialRecord(channelSchema, z.object({ times: z.number(), sd: z.number() })).exactOptional(),
    waits: waitsSchema.exactOptional(),
    scores: numbers,
    scoreVariances: numbers,
    probabilities: numbers,
    chosen: z.int(),
    propensity: z.number(),
    draw: z.number(),
    refused: z.array(z.object({ candidate, refusals: z.array(refusalSchema) })),
    learning: z
      .object({
        baseline: numbers,
        centred: numbers,
        sent: sentSchema.nullable(),
        visit: z.object({ moment: numbers, sent: numbers, chances: numbers }).exactOptional(),
      })
      .nullable(),
    inputs: z.object({
      profile: wireUserSchema,
      history: z.object({
        sends: z.array(pastSend),
        responses: z.array(z.object({ at: isoSchema, channel: channelSchema })),
        visits: z.array(isoSchema),
      }),
      opportunityIds: z.array(z.string()),
      context: scalarsSchema,
    }),
  }),
)

const explainedAction: z.ZodType<WireExplainedAction> = named(
  'ExplainedAction',
  z.object({
    action: z.string(),
    opportunityId: z.string().nullable(),
    message: z.string().nullable(),
    variant: z.string().nullable(),
    channel: channelSchema.nullable(),
    sendAt: isoSchema.nullable(),
    probability: z.number(),
    withoutExploration: z.number().nullable(),
    score: z.number().nullable(),
    scoreSd: z.number().nullable(),
    price: z.number().nullable(),
    values: z.record(
      z.string(),
      z.object({ value: z.number(), sd: z.number(), weighted: z.number(), unit: z.string() }),
    ),
    refusals: z.array(refusalSchema),
  }),
)

export const explanationSchema: z.ZodType<WireExplanation> = named(
  'Explanation',
  z.object({
    decisionId: z.string(),
    userId: z.string(),
    at: isoSchema,
    reason: z.string(),
    reasonWords: z.string(),
    summary: z.array(z.string()),
    chosen: explainedAction,
    factors: z.array(z.object({ step: z.enum(CHOICE_STEPS), probability: z.number() })),
    actions: z.array(explainedAction),
    contributions: z.array(z.object({ feature: z.string(), objective: z.string(), contribution: z.number() })),
    policy: z.string(),
    snapshotVersion: z.string(),
    stateId: z.int(),
  }),
)

export const replaySchema: z.ZodType<WireReplay> = named(
  'Replay',
  z.object({
    decisionId: z.string(),
    identical: z.boolean(),
    differences: z.array(z.object({ pointer: z.string(), logged: z.unknown(), replayed: z.unknown() })),
    fault: z.object({ code: z.string(), detail: z.string() }).exactOptional(),
  }),
)

export const auditSchema: z.ZodType<WireAudit> = named(
  'Audit',
  z.object({
    checked: z.int(),
    identical: z.int(),
    failures: z.array(replaySchema),
    draws: z.array(
      z.object({
        policy: z.string(),
        choices: z.int(),
        impossible: z.int(),
        inverse: z.object({ mean: z.number(), expected: z.number(), pValue: z.number().nullable() }),
        uniform: z.object({ statistic: z.number(), dof: z.int(), pValue: z.number() }).nullable(),
        isSuspect: z.boolean(),
      }),
    ),
  }),
)

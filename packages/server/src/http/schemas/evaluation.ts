import type { WireCandidateEvaluation, WireEvaluation } from '@paloma/sdk'
import { z } from 'zod'
import { DEFAULT_MAX_DECISIONS, type EvaluationRequest, MOST_DECISIONS } from '../../usecases/contract.ts'
import { isoSchema, named, nameSchema, timeSchema } from './atoms.ts'

const tolerated = z.number().min(0).max(10)
const tolerateSchema = z.strictObject({ sends: tolerated.exactOptional(), channelsLost: tolerated.exactOptional() })
const stateSchema = z.union([z.enum(['logged', 'newest']), z.int().min(0)], {
  error: 'expected logged, newest or the number of a policy state',
})

/** A request for an evaluation; `config` is checked apart, against the configuration of the server. */
export const evaluationInputSchema: z.ZodType<
  Omit<EvaluationRequest, 'config'> & { readonly id?: string; readonly config: unknown },
  unknown
> = named(
  'EvaluationRequest',
  z.strictObject({
    id: nameSchema.exactOptional().describe('the same id and request answer the evaluation that is there'),
    config: z
      .record(z.string(), z.unknown())
      .describe('what is to change, laid over the configuration of the server, as in the configuration file'),
    from: timeSchema.exactOptional().describe('28 days before the end where it is absent'),
    until: timeSchema.exactOptional().describe('exclusive; as far as reward windows have closed where it is absent'),
    state: stateSchema.default('logged'),
    source: z.enum(['live', 'history']).default('live'),
    maxDecisions: z.int().min(1).max(MOST_DECISIONS).default(DEFAULT_MAX_DECISIONS),
    tolerate: tolerateSchema.exactOptional(),
  }),
)

const count = z.int()
const nullableText = z.string().nullable()

const wordsSchema = z
  .object({
    verdict: z.enum(['better', 'worse', 'unclear', 'insufficient-overlap', 'unchanged']),
    sentence: z.string(),
    reasons: z.array(z.string()),
    nextStep: z.string(),
    basis: z.string(),
    leftOut: z.array(z.object({ words: z.string(), decisions: count })),
    unsupported: z.array(z.object({ words: z.string(), share: z.number() })),
    estimators: z.record(z.string(), z.string()),
    limits: z.array(z.string()),
  })
  .describe('the same in sentences for people')

const candidateEvaluationSchema: z.ZodType<
  Omit<WireCandidateEvaluation, 'policy' | 'advice'> & { readonly policy: unknown; readonly advice: unknown }
> = named(
  'CandidateEvaluation',
  z.object({
    from: isoSchema,
    until: isoSchema,
    asOf: isoSchema,
    fixedState: z.object({ id: count, createdAt: isoSchema }).nullable(),
    decisions: z.object({
      seen: count,
      evaluated: count,
      users: count,
      share: z.number(),
      leftOut: z.record(z.string(), count),
    }),
    isUnchanged: z.boolean(),
    objectives: z.array(
      z.object({ name: z.string(), unit: z.string(), weight: z.number(), candidateWeight: z.number() }),
    ),
    uses: z.array(
      z.object({ channel: z.string(), when: z.enum(['now', 'later']), logged: z.number(), candidate: z.number() }),
    ),
    unsupported: z.array(
      z.object({
        cause: z.string(),
        reason: nullableText,
        rule: nullableText,
        channel: nullableText,
        share: z.number(),
      }),
    ),
    policy: z.unknown(),
    advice: z.unknown(),
    words: wordsSchema,
  }),
)

export const evaluationSchema: z.ZodType<
  Omit<WireEvaluation, 'result'> & { readonly result: z.infer<typeof candidateEvaluationSchema> | null }
> = named(
  'Evaluation',
  z.object({
    id: z.string(),
    createdAt: isoSchema,
    createdBy: z.string(),
    status: z.enum(['running', 'done', 'failed']),
    request: z.object({
      from: isoSchema.optional(),
      until: isoSchema.optional(),
      state: stateSchema,
      source: z.enum(['live', 'history']),
      maxDecisions: count,
      tolerate: z.object({ sends: z.number().optional(), channelsLost: z.number().optional() }).optional(),
    }),
    progress: z.object({ seen: count, at: isoSchema }).nullable(),
    result: candidateEvaluationSchema.nullable(),
    error: z
      .object({
        code: z.string(),
        detail: z.string(),
        pointer: z.string().optional(),
        hint: z.string().optional(),
      })
      .nullable(),
  }),
)

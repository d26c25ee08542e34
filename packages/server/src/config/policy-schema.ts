import { LEAST_DRAWS } from '@paloma/core'
import { CHANNELS, type PolicySpec } from '@paloma/core/domain'
import { z } from 'zod'

/** How a group's distribution over actions is made. */
export const policySchema: z.ZodType<PolicySpec> = policySchemaOf()

function policySchemaOf(): z.ZodType<PolicySpec> {
  const channel = z.enum(CHANNELS)
  const probability = z.number().min(0).max(1)
  const positive = z.number().positive()
  const sharpness = z.union([positive, z.literal('openHorizon')])
  const growing = z.strictObject({ scale: positive })
  const exploring = [
    z.strictObject({ kind: z.literal('greedy'), floor: probability }),
    z.strictObject({ kind: z.literal('epsilonGreedy'), epsilon: probability }),
    z.strictObject({ kind: z.literal('softmax'), temperature: positive, floor: probability }),
    z.strictObject({ kind: z.literal('thompson'), floor: probability, sharpness }),
    z.strictObject({
      kind: z.literal('thompsonDraws'),
      draws: z.int().min(LEAST_DRAWS).max(1_000_000),
      floor: probability,
      sharpness,
    }),
    z.strictObject({ kind: z.literal('squareCb'), gamma: z.union([positive, growing]), floor: probability }),
  ] as const
  return z.discriminatedUnion('kind', [
    ...exploring,
    z.strictObject({
      kind: z.literal('bounded'),
      policy: z.discriminatedUnion('kind', exploring),
      budget: z
        .strictObject({ share: probability.exactOptional(), loss: z.number().min(0).exactOptional() })
        .exactOptional(),
      newMessages: z.strictObject({ share: probability, untilSends: z.int().min(1) }).exactOptional(),
      caps: z.partialRecord(channel, probability).exactOptional(),
    }),
    z.strictObject({
      kind: z.literal('cadence'),
      perWeek: z.number().min(0),
      gapHours: z.number().min(0),
      channels: z.array(channel),
      localHour: z.number().min(0).lt(24).exactOptional(),
    }),
    z.strictObject({ kind: z.literal('random'), holdProbability: probability }),
    z.strictObject({ kind: z.literal('holdout') }),
  ])
}

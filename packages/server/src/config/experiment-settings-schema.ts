import { GROUPS } from '@paloma/core/domain'
import { z } from 'zod'
import type { Config } from './contract.ts'

const TOTAL_SHARE = 1_000_000

const name = z.string().min(1).max(256)
const share = z.int().min(0).max(TOTAL_SHARE)

/** Groups that may be experimented on: the holdout never is. */
export const experimentGroups: z.ZodType<readonly (typeof GROUPS)[number][]> = z
  .array(z.enum(GROUPS))
  .min(1)
  .refine((groups) => !groups.includes('holdout'), { error: 'expected groups other than holdout' })

/** Layers and withholding: what experiments are drawn from. */
export const experimentSettingsSchema: z.ZodType<Config['experiments']> = z.strictObject({
  layers: z
    .array(z.strictObject({ name, salt: name, holdoutShare: share }))
    .max(100)
    .refine((layers) => new Set(layers.map((layer) => layer.name)).size === layers.length, {
      error: 'expected names used only once',
    })
    .refine((layers) => new Set(layers.map((layer) => layer.salt)).size === layers.length, {
      error: 'expected salts used only once: layers of one salt would not cut across one another',
    }),
  withholding: z
    .strictObject({
      salt: name,
      share,
      messages: z.record(name, share),
      periodDays: z.int().min(1).max(366),
      groups: experimentGroups,
    })
    .nullable(),
})

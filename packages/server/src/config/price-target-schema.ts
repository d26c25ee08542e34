import { CHANNELS, type PriceTarget, TARGET_MEASURES } from '@paloma/core/domain'
import { z } from 'zod'
import type { Config } from './contract.ts'

export const priceTargetSchema: z.ZodType<PriceTarget> = z.strictObject({
  name: z.string().min(1).max(256),
  measure: z.enum(TARGET_MEASURES),
  channel: z.enum(CHANNELS).exactOptional(),
  atMost: z.number().positive().max(1e12),
})

interface Fault {
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly input: unknown
}

/** A price can do nothing about a channel that is off, about losses nobody foresees, or about sends that cost nothing. */
export function impossibleTargets({ priceTargets, rules: { channels }, objectives }: Config): readonly Fault[] {
  const dear = CHANNELS.filter((each) => (channels[each]?.pricePerSend ?? 0) > 0)
  return priceTargets.flatMap(({ measure, channel: one }, index): readonly Fault[] => {
    const path = ['priceTargets', index]
    if (one !== undefined && channels[one] === undefined) {
      return [{ path: [...path, 'channel'], message: 'expected a channel of rules.channels', input: one }]
    }
    if (measure === 'lossesPerThousandSends' && !objectives.some(({ model }) => model === 'hazard')) {
      const message =
        'expected an objective with model `hazard` beside it, which says how likely a send is to lose somebody'
      return [{ path: [...path, 'measure'], message, input: measure }]
    }
    if (measure === 'spendPerDay' && !dear.some((each) => one === undefined || one === each)) {
      return [{ path: [...path, 'measure'], message: 'expected a `pricePerSend` above 0 to count', input: measure }]
    }
    return []
  })
}

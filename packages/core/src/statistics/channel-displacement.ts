import { neumaierSum } from '../numeric/index.ts'
import type { Arms } from './adjustment.ts'
import type { Effect } from './effect.ts'
import { linearEffect } from './linear-effect.ts'

/** What a treatment on one channel did there, elsewhere, and altogether. */
export interface ChannelDisplacement {
  /** The effect by channel, parallel to `columns`; their sum is `total.effect`. */
  readonly byChannel: readonly Effect[]
  /** On the channel that was treated. */
  readonly own: Effect
  /** On all others together: < 0 where the channel only took from them. */
  readonly elsewhere: Effect
  readonly total: Effect
}

/**
 * Displacement across channels: `columns` hold what a user brought through each channel, `own` is the place of the treated one.
 * Effects on all channels come from the same users, so the variance of a sum is that of the users' sums. The columns
 * must not count the same thing twice, or the total does.
 */
export function channelDisplacement(
  { treatment, control }: Arms,
  { columns, own }: { readonly columns: readonly number[]; readonly own: number },
): ChannelDisplacement {
  if (!(Number.isInteger(own) && own >= 0 && own < columns.length)) {
    throw new RangeError(`own must be an integer in [0, ${columns.length}), got ${own}`)
  }
  const sumOver = (picked: readonly number[]): Effect => {
    const weights = new Float64Array(treatment.mean.length)
    for (const column of picked) weights[column] = 1
    const mean = (arm: Float64Array) => neumaierSum(picked.map((column) => arm[column]!))
    const sides = {
      treatment: { weights, mean: mean(treatment.mean) },
      control: { weights, mean: mean(control.mean) },
    }
    return linearEffect({ treatment, control }, { ...sides, covariates: [], columns: [] }).effect
  }
  const byChannel = columns.map((column) => sumOver([column]))
  const effects = byChannel.map(({ effect }) => effect)
  const total = sumOver(columns)
  // The total as the sum of the parts shown, to the last digit.
  const sum = effects.every((effect) => effect !== null) ? neumaierSum(effects.map((effect) => effect ?? 0)) : null
  return {
    byChannel,
    own: byChannel[own]!,
    elsewhere: sumOver(columns.filter((_, i) => i !== own)),
    total: sum === null || total.effect === null ? total : { ...total, effect: sum },
  }
}

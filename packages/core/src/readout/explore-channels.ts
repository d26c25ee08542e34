import { channelDisplacement, type Effect, type Estimate, effectInterval } from '../statistics/index.ts'
import { columnFinder, jointMoments } from './decompose.ts'
import { EXPLORATION_LEVEL, type ExplorationData } from './exploration-data.ts'

/** What a treatment brought through each channel; the parts sum to the total. */
export interface ChannelReadOut {
  readonly name: string
  readonly treatment: string
  readonly byChannel: readonly { readonly metric: string; readonly effect: Estimate }[]
  /** The channel that was treated, and what it brought there and took from all others; null where none is named. */
  readonly treated: string | null
  readonly elsewhere: Estimate | null
  readonly total: Estimate
}

/** Displacement between channels, on users who count in all of them. */
export function exploreChannels({ spec, summary }: ExplorationData): readonly ChannelReadOut[] {
  const { joint } = summary
  // Users of phases with other shares would be taken together.
  if (joint === null || spec.phases.length > 1) return []
  const treatments = spec.variants.map(({ name }) => name).filter((name) => name !== spec.control)
  const columnOf = columnFinder(joint)
  const interval = (effect: Effect): Estimate => effectInterval(effect, { level: EXPLORATION_LEVEL })
  return (spec.channels ?? []).flatMap(({ name, metrics, treated }) =>
    treatments.map((treatment) => {
      const arms = { treatment: jointMoments(joint, treatment), control: jointMoments(joint, spec.control) }
      const own = Math.max(0, metrics.indexOf(treated ?? ''))
      const found = channelDisplacement(arms, { columns: metrics.map(columnOf), own })
      return {
        ...{ name, treatment, treated },
        byChannel: metrics.map((metric, i) => ({ metric, effect: interval(found.byChannel[i]!) })),
        elsewhere: treated === null ? null : interval(found.elsewhere),
        total: interval(found.total),
      }
    }),
  )
}

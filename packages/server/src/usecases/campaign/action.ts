import type { Channel } from '@paloma/core'
import type { CampaignMapping } from './mapping.ts'

/** One action of a campaign; number 0 is `hold`, which has no channel. */
export interface CampaignAction {
  readonly name: string
  readonly channel: Channel | null
  /** Cost of one send on the common value scale. */
  readonly cost: number
  /** What the action column of the past campaign holds for it. */
  readonly value: string
}

/** The actions of a mapping: `hold` first, then the sends in the order in which they are written. */
export function campaignActions(mapping: CampaignMapping): readonly CampaignAction[] {
  const entries = Object.entries(mapping.action.values)
  const holds = entries.filter(([, target]) => target === 'hold')
  return [
    ...holds.map(([value]): CampaignAction => ({ name: 'hold', channel: null, cost: 0, value })),
    ...entries.flatMap(([value, target]): readonly CampaignAction[] =>
      target === 'hold' ? [] : [{ name: target.name, channel: target.channel, cost: target.cost ?? 0, value }],
    ),
  ]
}

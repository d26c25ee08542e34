import { chosenAction, type Decision, type PriceTarget, type Snapshot, type TargetMeasure } from '@paloma/core'

const MEASURE_WORDS: Readonly<Record<TargetMeasure, string>> = {
  sendsPerUserWeek: 'sends a user and week',
  lossesPerThousandSends: 'losses per thousand sends',
  spendPerDay: 'spent a day',
}
const CHARGED: Readonly<Record<TargetMeasure, string>> = {
  sendsPerUserWeek: 'a send',
  lossesPerThousandSends: 'an expected loss',
  spendPerDay: 'each 1 that sends cost',
}

/**
 * What targets charge the chosen send, or, where nothing is sent, any send there could have been: `To keep volume at 2 sends a user and week (3.4 when last
 * counted), a send costs 0.031 more.`
 */
export function targetSentences(decision: Decision, { priceTargets = [], state }: Snapshot): readonly string[] {
  const action = chosenAction(decision)
  const concerns = ({ channel }: PriceTarget): boolean =>
    action.kind === 'hold' || channel === undefined || channel === action.channel
  return priceTargets.filter(concerns).flatMap((target): readonly string[] => {
    const { name, measure, atMost, channel } = target
    const standing = state.dualPrices?.[name]
    if (standing === undefined || standing.price === 0) return []
    const { price, measured, atLimit } = standing
    const counted = measured === null ? '' : ` (${measured.toPrecision(3)} when last counted)`
    const where = channel === undefined ? '' : ` on ${channel}`
    const end = atLimit ? ', which is as dear as it gets' : ''
    return [
      `To keep ${name} at ${atMost} ${MEASURE_WORDS[measure]}${where}${counted}, ${CHARGED[measure]} costs ${price.toPrecision(2)} more${end}.`,
    ]
  })
}

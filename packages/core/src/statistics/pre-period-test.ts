import type { Effect } from './effect.ts'
import { effectPValue } from './effect-interval.ts'
import type { UndefinedReason } from './estimate.ts'

/** Below this probability, over all metrics together, arms differed before the experiment. */
export const PRE_PERIOD_ALARM = 0.001

/** Whether the arms were alike in one metric before exposure. */
export type PrePeriodTest =
  | {
      readonly kind: 'test'
      readonly effect: number
      readonly pValue: number
      /** p below .001 ÷ number of metrics: the split or the data is broken, find out why before reading any effect. */
      readonly isDifferent: boolean
    }
  | { readonly kind: 'undefined'; readonly reason: UndefinedReason }

/**
 * The difference of each metric before exposure, unadjusted, tested at .001 over the number of metrics that can be tested
 * (Bonferroni). Randomisation makes every one of them null. A metric alike in all units cannot differ by chance or otherwise unless its
 * means do: that is a difference for certain.
 */
export function prePeriodTests(effects: readonly Effect[], alarm: number = PRE_PERIOD_ALARM): readonly PrePeriodTest[] {
  const tested = effects.filter(isTested).length
  return effects.map((effect) => {
    const pValue = effectPValue(effect, { alternative: 'different' })
    if (pValue !== null && effect.kind === 'effect') {
      return { kind: 'test', effect: effect.effect, pValue, isDifferent: pValue < alarm / tested }
    }
    return isTested(effect)
      ? { kind: 'test', effect: effect.effect!, pValue: 0, isDifferent: true }
      : { kind: 'undefined', reason: effect.kind === 'undefined' ? effect.reason : 'not-finite' }
  })
}

function isTested(effect: Effect): boolean {
  return (
    effect.kind === 'effect' || (effect.reason === 'zero-variance' && effect.effect !== 0 && effect.effect !== null)
  )
}

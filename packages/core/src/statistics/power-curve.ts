import { DEFAULT_TEST, type PlannedTest, plannedPower } from './planned-test.ts'
import { absoluteEffect, type PlannedMetric, type Split, type Traffic, unitVariance } from './required-units.ts'

/** The chance that a metric's test rejects, were this its effect. */
export interface PowerPoint {
  /** In the metric's unit. */
  readonly effect: number
  readonly power: number
}

/**
 * Power of one metric's test with so many units (of all groups together) against the true effect, given in multiples of
 * the planned one.
 */
export function powerCurve(
  metric: PlannedMetric,
  options: {
    readonly units: number
    readonly alpha: number
    readonly split: Split
    readonly multiples: readonly number[]
    readonly test?: PlannedTest
    readonly traffic?: Partial<Traffic>
  },
): readonly PowerPoint[] {
  const { units, alpha, split, multiples, test = DEFAULT_TEST } = options
  const { triggerRate, designEffect } = { triggerRate: 1, designEffect: 1, ...options.traffic }
  const powerAt = plannedPower(test, alpha)
  return multiples.flatMap((multiple) => {
    const effect = multiple * absoluteEffect(metric)
    const noise = unitVariance(metric, { effect, split })
    if (typeof noise === 'string') return []
    return [{ effect, power: powerAt(effect / Math.sqrt((noise * designEffect) / (units * triggerRate))) }]
  })
}

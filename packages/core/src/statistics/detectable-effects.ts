import { type Arrivals, unitsAfter } from './arrivals.ts'
import { driftsByRole, type ExperimentPlanInput, evenSplit, plannedLevels } from './plan-experiment.ts'
import { DEFAULT_TEST } from './planned-test.ts'
import { type PlannedMetric, type Split, type Traffic, unitVariance } from './required-units.ts'

/** The smallest effect that a metric would find after so many days. */
export interface DetectableEffect {
  readonly days: number
  readonly units: number
  /** In the metric's unit; null where it is beyond what the metric can take. */
  readonly effect: number | null
  /** As a share of the control mean; null also where that is 0. */
  readonly relative: number | null
}

/**
 * Minimal detectable effect of each metric of a plan against its duration, with the power and levels of the whole rule.
 */
export function detectableEffects(
  input: ExperimentPlanInput & { readonly arrivals: Arrivals; readonly days: readonly number[] },
): Readonly<Record<string, readonly DetectableEffect[]>> {
  const { metrics, treatments = 1, test = DEFAULT_TEST, split = evenSplit(treatments), arrivals } = input
  const traffic = { triggerRate: 1, designEffect: 1, ...input.traffic }
  const levels = plannedLevels(input)
  const drifts = driftsByRole(levels, test, metrics)
  const pointAt = (metric: PlannedMetric, days: number): DetectableEffect => {
    const units = unitsAfter(arrivals, days)
    const effect = detectableEffect(metric, { units, drift: drifts[metric.role]!.drift, split, traffic })
    return {
      days,
      units,
      effect,
      relative: effect === null || metric.mean === 0 ? null : effect / Math.abs(metric.mean),
    }
  }
  return Object.fromEntries(metrics.map((metric) => [metric.name, input.days.map((days) => pointAt(metric, days))]))
}

// The variance of a proportion moves with its effect; each step shrinks the error by their ratio, about tenfold.
const STEPS = 60

interface Sight {
  readonly units: number
  readonly drift: number
  readonly split: Split
  readonly traffic: Traffic
}

function detectableEffect(metric: PlannedMetric, { units, drift, split, traffic }: Sight): number | null {
  let effect = 0
  for (let step = 0; step < STEPS; step++) {
    const noise = unitVariance({ ...metric, isRelative: false }, { effect, split })
    if (typeof noise === 'string') return null
    effect = drift * Math.sqrt((noise * traffic.designEffect) / (units * traffic.triggerRate))
    if (!Number.isFinite(effect)) return null
  }
  return effect
}

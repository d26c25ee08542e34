import type { ExperimentMetric } from '../domain/index.ts'
import { type Effect, type Estimate, effectPValue } from '../statistics/index.ts'
import type { ResultFields, SideOfMetric } from './experiment-read-out.ts'

/** A result under the names that Statsig's console gives it. */
export function resultFields(of: {
  readonly metric: ExperimentMetric
  readonly effect: Effect
  readonly absolute: Estimate
  readonly relative: Estimate
  readonly treatment: SideOfMetric
  readonly control: SideOfMetric
}): ResultFields {
  const { metric, effect, absolute, relative, treatment, control } = of
  return {
    metricID: metric.name,
    value: absolute.mean,
    confidence_interval_delta: endsOf(absolute, 1),
    percent_change: relative.mean === null ? null : 100 * relative.mean,
    percent_confidence_interval_delta: endsOf(relative, 100),
    test_mean: treatment.mean,
    control_mean: control.mean,
    test_std: treatment.stdDeviation,
    control_std: control.stdDeviation,
    test_units: treatment.users,
    control_units: control.users,
    p_value: effectPValue(effect, { alternative: 'different' }),
    directionality: metric.inverse === true ? 'decrease' : 'increase',
  }
}

function endsOf(estimate: Estimate, scale: number): readonly [number, number] | null {
  return estimate.kind === 'estimate' ? [scale * estimate.low, scale * estimate.high] : null
}

import { DAY_MS, type FactMetric, HOUR_MS, windowMs, wordsForCode } from '../domain/index.ts'
import type { MetricHistory } from '../statistics/index.ts'

/** What is counted in a plan: users, or slots of time. */
export type PlanUnit = 'user' | 'slot'

/** Fewer say too little of a variance: of 100 normal values it is known to ±14 %. */
export const LEAST_PAST_UNITS = 100
/** As for relative effects: below, a mean is no base that shares could be taken of. */
const LEAST_BASE_SES = 3

/**
 * Why a plan may not rest on what is known of a metric, naming it, what was expected and what was found; null where it may. Units are
 * those whose window has closed.
 */
export function pastFault(
  metric: Pick<FactMetric, 'name' | 'windowSettings'>,
  { history, units }: { readonly history: MetricHistory; readonly units: number },
  unit: PlanUnit,
): string | null {
  const name = `metric "${metric.name}"`
  if (units < LEAST_PAST_UNITS) {
    return `${name} expects at least ${LEAST_PAST_UNITS} ${unit}s${closedText(metric, unit)}, got ${units}`
  }
  if (history.kind === 'undefined') {
    return `${name} expects a past with a mean and a variance, got ${wordsForCode(history.reason)} (${units} ${unit}s)`
  }
  const stdError = Math.sqrt(history.variance / units)
  if (Math.abs(history.mean) >= LEAST_BASE_SES * stdError) return null
  const found = `${Number(history.mean.toPrecision(3))} with a standard error of ${Number(stdError.toPrecision(3))}`
  return `${name} expects a mean at least ${LEAST_BASE_SES} standard errors from 0, because effects are shares of it, got ${found} (${units} ${unit}s)`
}

function closedText({ windowSettings }: Pick<FactMetric, 'windowSettings'>, unit: PlanUnit): string {
  if (windowSettings === undefined || unit === 'slot') return ''
  const { until } = windowMs(windowSettings)
  const long = until % DAY_MS === 0 ? `${until / DAY_MS} days` : `${until / HOUR_MS} hours`
  return ` whose window of ${long} has closed`
}

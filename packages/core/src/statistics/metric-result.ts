import { normalQuantile } from '../numeric/index.ts'
import { checkedEffect } from './checked-effect.ts'
import type { Effect } from './effect.ts'
import { effectBounds } from './effect-interval.ts'
import type { MetricResult, MetricVerdict, TestedMetric, TestInterval } from './experiment-decision.ts'
import type { TestLevels } from './test-levels.ts'
import { criticalValue, isOver, type TestMethod } from './test-method.ts'

/** What one metric says at the levels of the rule. `isDue`: tests of fixed power may be made. */
export function metricResult(given: TestedMetric, levels: TestLevels, isDue: boolean): MetricResult {
  const metric = { ...given, effect: checkedEffect(given.effect) }
  const { name, role, effect, inverse = false, test, monitoring = test } = metric
  const tested = testInterval(metric, dueMethod(test, isDue), metricAlpha(role, levels))
  const monitored = monitoring === null ? null : testInterval(metric, dueMethod(monitoring, isDue), levels.monitoring)
  const interval = role === 'deterioration' ? monitored : tested
  const good = goodSide(interval, inverse)
  const harm = goodSide(monitored, inverse)
  return {
    name,
    role,
    inverse,
    effect,
    interval,
    monitoringInterval: monitored,
    verdict: verdictOf(effect, good),
    isSuperior: good !== null && good.low > 0,
    isNonInferior: role === 'guardrail' ? good !== null && good.low > -marginOf(metric) : null,
    hasDeteriorated: harm !== null && harm.high < 0,
    isPowered: isPowered(metric, levels),
  }
}

function dueMethod(method: TestMethod, isDue: boolean): TestMethod {
  return method.kind === 'fixedPower' ? { kind: 'fixed', isDue } : method
}

/** The one-sided level at which a metric of this role is tested. */
export function metricAlpha(role: TestedMetric['role'], levels: TestLevels): number {
  if (role === 'success') return levels.success
  return role === 'guardrail' ? levels.guardrail : levels.monitoring
}

/** The effect a powered metric is planned for: minimal effect or margin; null where there is none. */
export function plannedEffect(metric: TestedMetric): number | null {
  if (metric.role === 'guardrail') return marginOf(metric)
  return metric.role === 'success' ? (metric.minimalEffect ?? null) : null
}

/** Throws a RangeError for a guardrail without a margin above 0, or a minimal effect that is not. */
export function checkMetric(metric: TestedMetric): void {
  const planned = plannedEffect(metric)
  if (planned === null || (planned > 0 && Number.isFinite(planned))) return
  const field = metric.role === 'guardrail' ? 'margin' : 'minimalEffect'
  throw new RangeError(`${field} of ${metric.name} must be above 0, got ${planned}`)
}

function marginOf(metric: TestedMetric): number {
  return metric.margin ?? Number.NaN
}

function testInterval(metric: TestedMetric, method: TestMethod, alpha: number): TestInterval | null {
  const { effect } = metric
  if (effect.kind === 'undefined') return null
  const critical = criticalValue(method, { alpha, dof: effect.dof })
  if (critical === null) return null
  return { ...effectBounds(effect, critical), alpha }
}

interface Ends {
  readonly low: number
  readonly high: number
}

/** The interval seen so that more is better. */
function goodSide(interval: TestInterval | null, inverse: boolean): Ends | null {
  if (interval === null) return null
  return inverse ? { low: -interval.high, high: -interval.low } : interval
}

function verdictOf(effect: Effect, good: Ends | null): MetricVerdict {
  if (effect.kind === 'undefined') return 'unreliable'
  if (good === null) return 'inconclusive'
  if (good.low > 0) return 'better'
  return good.high < 0 ? 'worse' : 'inconclusive'
}

/**
 * SE ≤ planned effect / (c + z_power), c being the critical value of the test at this look: z_{1−α} for a fixed one. A
 * sequential test that is over needs only z_{1−α}, as its bounds before added power.
 */
function isPowered(metric: TestedMetric, levels: TestLevels): boolean | null {
  const planned = plannedEffect(metric)
  if (planned === null) return null
  const { effect, test, role } = metric
  if (effect.kind === 'undefined') return false
  const alpha = metricAlpha(role, levels)
  const isFixed = test.kind === 'fixed' || test.kind === 'fixedPower'
  const critical = isFixed || isOver(test) ? normalQuantile(1 - alpha) : criticalValue(test, { alpha, dof: effect.dof })
  return critical !== null && effect.stdError * (critical + normalQuantile(levels.power)) <= planned
}

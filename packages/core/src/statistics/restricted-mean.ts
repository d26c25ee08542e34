import type { Effect } from './effect.ts'
import { kaplanMeier, type SurvivalTable } from './survival-curve.ts'

/**
 * The mean time without event up to `horizon`, the area under Kaplan & Meier's curve (Irwin 1949), as an effect with
 * Greenwood-type variance Σ (∫_t^horizon S)² d / (Y (Y − d)). `not-reached` where nobody was watched until the horizon.
 */
export function restrictedMean(table: SurvivalTable, horizon: number): Effect {
  if (!(horizon > 0 && Number.isFinite(horizon))) {
    throw new RangeError(`horizon must be finite and > 0, got ${horizon}`)
  }
  if (table.n < 2) return { kind: 'undefined', reason: 'too-few-units', effect: null }
  if (table.lastTime < horizon && kaplanMeier(table).at(-1)?.survival !== 0) {
    return { kind: 'undefined', reason: 'not-reached', effect: null }
  }
  const points = kaplanMeier(table).filter(({ time }) => time < horizon)
  let effect = points[0]?.time ?? horizon
  let variance = 0
  const areas = points.map(({ time, survival }, i) => survival * ((points[i + 1]?.time ?? horizon) - time))
  effect += areas.reduce((sum, area) => sum + area, 0)
  let after = 0
  for (let i = points.length - 1; i >= 0; i--) {
    after += areas[i]!
    const { atRisk, events } = table.steps[i]!
    const count = events.reduce((sum, own) => sum + own, 0)
    if (after > 0) variance += (after ** 2 * count) / (atRisk * (atRisk - count))
  }
  if (variance === 0) return { kind: 'undefined', reason: 'zero-variance', effect }
  return { kind: 'effect', effect, stdError: Math.sqrt(variance), dof: null }
}

/**
 * The headline of a survival comparison: difference of restricted means at the planned horizon, treatment − control (Royston &
 * Parmar 2013); needs no proportional hazards. For sequential use its information is 1 / variance. Fails where units leave
 * because of what is to come, and says nothing beyond the horizon.
 */
export function restrictedMeanDifference(treatment: SurvivalTable, control: SurvivalTable, horizon: number): Effect {
  const [a, b] = [restrictedMean(treatment, horizon), restrictedMean(control, horizon)]
  for (const arm of [a, b]) {
    if (arm.kind === 'undefined' && arm.reason !== 'zero-variance') return { ...arm, effect: null }
  }
  const effect = a.effect! - b.effect!
  const stdError = Math.hypot(...[a, b].map((arm) => (arm.kind === 'effect' ? arm.stdError : 0)))
  if (stdError === 0) return { kind: 'undefined', reason: 'zero-variance', effect }
  return { kind: 'effect', effect, stdError, dof: null }
}

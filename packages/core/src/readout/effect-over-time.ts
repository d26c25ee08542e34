import {
  type AdjustedEffect,
  boundsOfMethod,
  boundWithDof,
  effectBounds,
  effectScore,
  type KnownEffect,
  oppositeEffect,
  relativeEffect,
  sequenceCritical,
  stagewiseEstimate,
} from '../statistics/index.ts'
import type { ComparedMetric } from './compared-metric.ts'
import type { EarlyStop, EffectOverTime } from './experiment-read-out.ts'
import { isoDay } from './iso-day.ts'
import { type Look, looksOf } from './test-plan.ts'

/** How the band of one metric is drawn: at the level of its test, tight where a decision is expected. */
export interface BandOptions {
  readonly alpha: number
  readonly expectedUsers: number
}

/**
 * The effect on the users of all days up to each, with the band that held then: the group sequential bounds where those were
 * the looks, else a confidence sequence, in which any number of looks is allowed. Empty where exposures have no time.
 */
export function effectOverTime(compared: ComparedMetric, { alpha, expectedUsers }: BandOptions): EffectOverTime {
  const { metric, pair, test, looks, scale, plan } = compared
  const daily = looksOf({ ...plan, spec: { ...plan.spec, sequential: DAILY } })
  const isGroup = test.kind === 'groupSequential' && looks.length === daily.length && looks.length > 1
  const bounds = isGroup ? boundsOfMethod(test, alpha).looks.map(({ bound }) => bound) : null
  const points = daily.map((look, i) => {
    const critical =
      bounds === null
        ? sequenceCritical({ n: Math.max(1, look.users), alpha: 2 * alpha, expectedN: expectedUsers, sides: 2 })
        : bounds[i]!
    return { day: look.day ?? lastDay(compared), users: look.users, ...bandAt(look, scale, critical) }
  })
  return {
    treatment: pair.treatment,
    metric: metric.name,
    scale,
    band: isGroup ? 'groupSequential' : 'confidenceSequence',
    points: points.flatMap(({ day, ...rest }) => (day === null ? [] : [{ day: isoDay(day), ...rest }])),
  }
}

const DAILY = { kind: 'groupSequential', maxUsers: null, spending: 'power', looks: 'daily' } as const

function lastDay({ summary }: ComparedMetric): number | null {
  const days = (summary.looks ?? summary.cells).flatMap(({ day, moments }) =>
    day === null || moments.n === 0 ? [] : [day],
  )
  return days.length === 0 ? null : days.reduce((a, b) => Math.max(a, b))
}

/** The effect on the scale of the rule; null without a standard error. */
function testedAt(found: AdjustedEffect, scale: ComparedMetric['scale']): KnownEffect | null {
  if (scale === 'absolute') return found.effect.kind === 'effect' ? found.effect : null
  const relative = relativeEffect(found)
  return relative.kind === 'relative' ? relative.scaled : null
}

function seenFrom(sign: 1 | -1, effect: KnownEffect): KnownEffect {
  return sign > 0 ? effect : oppositeEffect(effect)
}

/** From the scale of the rule to what is shown: a share of the control mean, or the metric's unit. */
function shown(found: AdjustedEffect, scale: ComparedMetric['scale'], value: number): number {
  if (scale === 'absolute') return value
  const relative = relativeEffect(found)
  return relative.kind === 'relative' && relative.scale === 'log' ? Math.expm1(value) : value
}

function bandAt(
  { found }: Look,
  scale: ComparedMetric['scale'],
  critical: number | null,
): { readonly effect: number | null; readonly low: number | null; readonly high: number | null } {
  const tested = testedAt(found, scale)
  if (tested === null) return { effect: null, low: null, high: null }
  const at = (value: number): number => shown(found, scale, value)
  if (critical === null) return { effect: at(tested.effect), low: null, high: null }
  const { low, high } = effectBounds(tested, boundWithDof(critical, tested.dof))
  return { effect: at(tested.effect), low: at(low), high: at(high) }
}

/**
 * What may be said of the effect where a group sequential test for superiority crossed its bound before the planned end: the
 * median-unbiased estimate and its interval at that look. Null where nothing was crossed, or only at the end.
 */
export function earlyStop(compared: ComparedMetric, alpha: number): EarlyStop | null {
  const { test, looks, scale, metric, plan } = compared
  if (test.kind !== 'groupSequential' || metric.role !== 'success' || plan.quantile !== null) return null
  const sign = metric.inverse === true ? -1 : 1
  const bounds = boundsOfMethod(test, alpha)
  const crossed = bounds.looks.findIndex(({ bound }, i) => {
    const tested = testedAt(looks[i]!.found, scale)
    if (bound === null || tested === null) return false
    // As the rule tested then: few degrees of freedom ask for more.
    return effectScore(seenFrom(sign, tested), 0) >= boundWithDof(bound, tested.dof)
  })
  const look = looks[crossed]
  const tested = look === undefined ? null : testedAt(look.found, scale)
  if (look === undefined || tested === null) return null
  const upTo = boundsOfMethod({ ...test, fractions: test.fractions.slice(0, crossed + 1), isFinal: false }, alpha)
  const found = stagewiseEstimate(upTo, seenFrom(sign, tested))
  if (found.kind === 'undefined' || !found.stoppedEarly) return null
  const back = (value: number): number => shown(look.found, scale, sign * value)
  const ends = [back(found.low), back(found.high)]
  return {
    day: look.day === null ? null : isoDay(look.day),
    users: look.users,
    scale,
    medianUnbiased: back(found.medianUnbiased),
    low: Math.min(...ends),
    high: Math.max(...ends),
    pValue: found.pValue,
  }
}

import { packedIndex } from '../numeric/index.ts'
import type { AdjustedEffect } from './adjusted-effect.ts'
import type { Arms } from './adjustment.ts'
import type { Effect } from './effect.ts'
import { effectQuantile, referenceDof } from './effect-interval.ts'
import { checkLevel, type Estimate, undefinedEstimate } from './estimate.ts'
import { effectCovariance } from './joint-effects.ts'
import { meanEffect } from './mean-effect.ts'

/** The effect on those who received a message because of their assignment. */
export interface ComplierEffect {
  /** ITT on the outcome ÷ ITT on receipt, by the delta method. */
  readonly effect: Effect
  /** How much more often the treatment arm received it. */
  readonly compliance: Effect
  /** The effect of the assignment itself: what the decision to send is worth. */
  readonly intentToTreat: Effect
  /** Covariance of the two; null where one has no standard error. */
  readonly covariance: number | null
}

// First-stage F below 10 (Staiger & Stock 1997): the ratio is far from normal.
const LEAST_COMPLIANCE_Z = Math.sqrt(10)

/**
 * The complier average causal effect (Imbens & Angrist 1994) where messages were not delivered, or reached controls another way:
 * effect on the outcome over effect on receipt. Assumes that assignment acts through receipt alone and makes nobody refuse. Column `received` is 0 or 1.
 * `weak-compliance` where receipt differs by less than √10 standard errors: read `fiellerInterval`, which then may be unbounded.
 */
export function complierEffect(arms: Arms & { readonly outcome?: number; readonly received?: number }): ComplierEffect {
  const { treatment, control, outcome = 0, received = 1 } = arms
  const itt = meanEffect({ treatment, control, metric: outcome, covariates: [] })
  const receipt = meanEffect({ treatment, control, metric: received, covariates: [] })
  const covariance = covarianceOf({ treatment, control }, [itt, receipt])
  const found = { compliance: receipt.effect, intentToTreat: itt.effect, covariance }
  return { ...found, effect: ratioOfEffects(found) }
}

function covarianceOf(arms: Arms, effects: readonly AdjustedEffect[]): number | null {
  if (effects.some(({ linearisation }) => linearisation === null)) return null
  return effectCovariance(arms, effects)[packedIndex(1, 0)]!
}

function ratioOfEffects({ compliance, intentToTreat, covariance }: Omit<ComplierEffect, 'effect'>): Effect {
  const refused = [intentToTreat, compliance].find((e) => e.kind === 'undefined' && e.reason !== 'zero-variance')
  if (refused?.kind === 'undefined') return { kind: 'undefined', reason: refused.reason, effect: null }
  const by = compliance.effect!
  const byVariance = compliance.kind === 'effect' ? compliance.stdError ** 2 : 0
  if (by === 0 || Math.abs(by) < LEAST_COMPLIANCE_Z * Math.sqrt(byVariance)) {
    return { kind: 'undefined', reason: 'weak-compliance', effect: null }
  }
  const effect = intentToTreat.effect! / by
  if (intentToTreat.kind === 'undefined') return { kind: 'undefined', reason: 'zero-variance', effect }
  const variance = intentToTreat.stdError ** 2 + effect ** 2 * byVariance - 2 * effect * (covariance ?? 0)
  if (!(variance > 0)) return { kind: 'undefined', reason: 'zero-variance', effect }
  const dof = intentToTreat.dof === null ? null : referenceDof(intentToTreat.dof)
  return { kind: 'effect', effect, stdError: Math.sqrt(variance) / Math.abs(by), dof }
}

/**
 * Fieller's interval (1954) for the same ratio: all r for which ITT − r · compliance is not far from 0. Right also where compliance is
 * weak; `weak-compliance` where it is unbounded, because compliance itself might be 0 at this level.
 */
export function fiellerInterval({ compliance, intentToTreat, covariance }: ComplierEffect, level: number): Estimate {
  checkLevel(level)
  if (intentToTreat.kind === 'undefined') return undefinedEstimate(intentToTreat.reason)
  if (compliance.effect === null) return undefinedEstimate('weak-compliance')
  const [a, b] = [intentToTreat.effect, compliance.effect]
  const t2 = effectQuantile((1 + level) / 2, intentToTreat.dof) ** 2
  const byVariance = compliance.kind === 'effect' ? compliance.stdError ** 2 : 0
  const square = b ** 2 - t2 * byVariance
  if (!(square > 0)) return undefinedEstimate('weak-compliance', b === 0 ? null : a / b)
  const middle = a * b - t2 * (covariance ?? 0)
  const rest = a ** 2 - t2 * intentToTreat.stdError ** 2
  const half = Math.sqrt(Math.max(0, middle ** 2 - square * rest)) / square
  const centre = middle / square
  const stdError = half / Math.sqrt(t2)
  return { kind: 'estimate', mean: a / b, low: centre - half, high: centre + half, stdError, dof: intentToTreat.dof }
}

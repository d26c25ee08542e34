import type { Baseline } from './adjusted-effect.ts'
import type { Effect } from './effect.ts'

/** One unit of a phase in which the allocation followed the data, in the order of assignment. */
export interface AdaptiveRow {
  readonly chosen: 'treatment' | 'control' | 'other'
  /** Logged chance of each of the two at that moment; > 0 for the one that was chosen. */
  readonly treatmentChance: number
  readonly controlChance: number
  readonly outcome: number
}

/** The comparison of two arms of a bandit; a part of `phasedEffect` like any other. */
export interface AdaptiveEffect {
  readonly effect: Effect
  readonly treatmentMean: number | null
  readonly controlMean: number | null
  /** Null where the control mean has no variance estimate. */
  readonly baseline: Baseline | null
}

/** Weighted scores of one arm so far: sums of h, and centred moments under the weights h². */
interface ArmSums {
  n: number
  /** Of the outcomes drawn: what the next score is built around. */
  mean: number
  /** Σ h and the mean under it. */
  weight: number
  average: number
  /** Σ h², the mean under it, and Σ h² (Γ − that mean)². */
  square: number
  centre: number
  spread: number
}

/**
 * The effect in a phase with adaptive allocation, from logged chances e_t: per arm augmented inverse-probability scores
 * Γ_t = m_{t−1} + 1{chosen} (y_t − m_{t−1}) / e_t, m the arm's mean so far, averaged with variance-stabilising weights h_t = √e_t
 * (Hadad, Hirshberg, Zhan, Wager & Athey 2021, eq. 5 and 11): Q = Σ h Γ / Σ h, V = Σ h² (Γ − Q)² / (Σ h)², difference of two
 * arms with V₁ + V₀. Plain means are biased here, because a poor start stops further draws. Fails where chances go to 0
 * faster than 1/t, or were not logged. Fewer than two draws of an arm: `too-few-units`. Throws a RangeError for a chance outside [0, 1].
 */
export function adaptiveEffect(rows: Iterable<AdaptiveRow>): AdaptiveEffect {
  const [treatment, control] = [freshArm(), freshArm()]
  for (const row of rows) {
    addScore(treatment, { chance: row.treatmentChance, isChosen: row.chosen === 'treatment', outcome: row.outcome })
    addScore(control, { chance: row.controlChance, isChosen: row.chosen === 'control', outcome: row.outcome })
  }
  const [a, b] = [averageOf(treatment), averageOf(control)]
  const treatmentMean = Number.isFinite(a?.mean) ? (a?.mean ?? null) : null
  const controlMean = Number.isFinite(b?.mean) ? (b?.mean ?? null) : null
  const baseline = b === null || controlMean === null ? null : { ...b, covariance: -b.variance }
  if (a === null || b === null || treatment.n < 2 || control.n < 2) {
    const effect: Effect = { kind: 'undefined', reason: 'too-few-units', effect: null }
    return { effect, treatmentMean, controlMean, baseline: null }
  }
  return { effect: differenceOf(a, b), treatmentMean, controlMean, baseline }
}

interface Average {
  readonly mean: number
  readonly variance: number
}

function differenceOf(a: Average, b: Average): Effect {
  const [effect, variance] = [a.mean - b.mean, a.variance + b.variance]
  if (!Number.isFinite(effect) || !Number.isFinite(variance)) {
    return { kind: 'undefined', reason: 'not-finite', effect: null }
  }
  if (variance === 0) return { kind: 'undefined', reason: 'zero-variance', effect }
  return { kind: 'effect', effect, stdError: Math.sqrt(variance), dof: null }
}

function freshArm(): ArmSums {
  return { n: 0, mean: 0, weight: 0, average: 0, square: 0, centre: 0, spread: 0 }
}

function addScore(
  arm: ArmSums,
  { chance, isChosen, outcome }: { readonly chance: number; readonly isChosen: boolean; readonly outcome: number },
): void {
  if (!(chance >= 0 && chance <= 1) || (isChosen && chance === 0)) {
    throw new RangeError(`chance of a row must be in [0, 1], > 0 for the chosen arm, got ${chance}`)
  }
  if (chance === 0) return
  const score = arm.mean + (isChosen ? (outcome - arm.mean) / chance : 0)
  // h = √e, so h² = e: West's weighted updates (1979) for both means.
  arm.weight += Math.sqrt(chance)
  arm.average += (Math.sqrt(chance) / arm.weight) * (score - arm.average)
  arm.square += chance
  const distance = score - arm.centre
  arm.centre += (chance / arm.square) * distance
  arm.spread += chance * distance * (score - arm.centre)
  if (!isChosen) return
  arm.n += 1
  arm.mean += (outcome - arm.mean) / arm.n
}

function averageOf({ weight, average, square, centre, spread }: ArmSums): Average | null {
  if (weight === 0) return null
  return { mean: average, variance: (spread + square * (centre - average) ** 2) / weight ** 2 }
}

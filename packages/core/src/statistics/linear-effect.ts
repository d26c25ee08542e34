import type { AdjustedEffect, ArmMean, Baseline, Linearisation } from './adjusted-effect.ts'
import { type Adjustment, type Arms, chooseAdjustment, meansOf, sharedVariance } from './adjustment.ts'
import type { Asymmetry } from './asymmetry.ts'
import type { Effect } from './effect.ts'
import { asymmetryOf } from './effect-asymmetry.ts'
import { referenceDof } from './effect-interval.ts'
import type { UndefinedReason } from './estimate.ts'
import { bilinearForm, dot, isConstantColumn, transformMoments } from './transform-moments.ts'
import { crossProduct, mergeVectorMoments, type VectorMoments } from './vector-moments.ts'

// An adjusted variance below this share of the unadjusted one is rounding: covariates explain everything.
const EXPLAINED_AWAY = 1e-12

/** What is compared: per arm a linear combination of columns and its mean, and the covariates as such combinations. */
export interface LinearOutcome {
  readonly treatment: { readonly weights: Float64Array; readonly mean: number }
  readonly control: { readonly weights: Float64Array; readonly mean: number }
  readonly covariates: readonly Float64Array[]
  /** What each covariate is called in the answer. */
  readonly columns: readonly number[]
  /** Column that means were divided by, of a ratio. */
  readonly denominator?: number
}

/** The difference of two linear combinations of columns, regression-adjusted; what means and ratios have in common. */
export function linearEffect({ treatment, control }: Arms, outcome: LinearOutcome): AdjustedEffect {
  const own = {
    treatment: transformMoments(treatment, [outcome.treatment.weights, ...outcome.covariates]),
    control: transformMoments(control, [outcome.control.weights, ...outcome.covariates]),
  }
  const plain = parts(own, outcome, NO_ADJUSTMENT)
  const reason = undefinedReason(own, outcome)
  if (reason !== null) return withoutEffect(reason, plain, meansFound(own, outcome))
  const adjustment = chooseAdjustment(own)
  const adjusted = adjustment.kind === 'none' ? plain : parts(own, outcome, adjustment)
  if (!(adjusted.variance > EXPLAINED_AWAY * plain.variance))
    return withoutEffect('zero-variance', adjusted, meansFound(own, outcome))
  const linearisation = overColumns(adjusted.linearisation, outcome)
  const skewed = asymmetryOf({ treatment, control }, linearisation, outcome)
  return {
    effect: effectOf(adjusted, skewed),
    unadjusted: effectOf(
      plain,
      adjusted === plain
        ? skewed
        : asymmetryOf({ treatment, control }, overColumns(plain.linearisation, outcome), outcome),
    ),
    adjustment: adjustment.kind,
    covariates: adjustment.kept.map((column) => outcome.columns[column - 1]!),
    dropped: adjustment.dropped.map((each) => ({ ...each, column: outcome.columns[each.column - 1]! })),
    varianceReduction: adjustment.kind === 'none' ? 0 : 1 - adjusted.variance / plain.variance,
    treatmentMean: adjusted.treatmentMean,
    controlMean: adjusted.controlMean,
    baseline: adjusted.baseline,
    linearisation,
  }
}

const NONE = new Float64Array()
const NO_ADJUSTMENT: Adjustment = { kind: 'none', kept: [], dropped: [], treatment: NONE, control: NONE }

interface Parts {
  readonly effect: number
  readonly variance: number
  readonly dof: number
  readonly treatmentMean: ArmMean
  readonly controlMean: ArmMean
  readonly baseline: Baseline
  readonly linearisation: Linearisation
}

function effectOf({ effect, variance, dof }: Parts, asymmetry: Asymmetry | undefined): Effect {
  const known = asymmetry === undefined ? {} : { asymmetry }
  return { kind: 'effect', effect, stdError: Math.sqrt(variance), dof: referenceDof(dof), ...known }
}

function undefinedReason({ treatment, control }: Arms, outcome: LinearOutcome): UndefinedReason | null {
  if (treatment.n < 2 || control.n < 2) return 'too-few-units'
  const numbers = [treatment, control].flatMap((arm) => [arm.mean[0]!, crossProduct(arm, 0, 0)])
  numbers.push(outcome.treatment.mean, outcome.control.mean)
  if (!numbers.every(Number.isFinite)) return 'not-finite'
  return isConstantColumn(treatment, 0) && isConstantColumn(control, 0) ? 'zero-variance' : null
}

function withoutEffect(reason: UndefinedReason, { effect }: Parts, { treatment, control }: Means): AdjustedEffect {
  const isKnown = treatment !== null && control !== null && Number.isFinite(effect)
  const answer: Effect = { kind: 'undefined', reason, effect: isKnown ? effect : null }
  const plain = (mean: number | null) => (mean === null ? null : { unadjusted: mean, adjusted: mean })
  return {
    effect: answer,
    unadjusted: answer,
    adjustment: 'none',
    covariates: [],
    dropped: [],
    varianceReduction: 0,
    treatmentMean: plain(treatment),
    controlMean: plain(control),
    baseline: null,
    linearisation: null,
  }
}

interface Means {
  readonly treatment: number | null
  readonly control: number | null
}

/** Means of the arms; null for an arm without units, or one that is not a number. */
function meansFound(arms: Arms, outcome: LinearOutcome): Means {
  const found = (n: number, mean: number) => (n > 0 && Number.isFinite(mean) ? mean : null)
  return {
    treatment: found(arms.treatment.n, outcome.treatment.mean),
    control: found(arms.control.n, outcome.control.mean),
  }
}

/** Everything of an effect for given slopes. Columns of the arms: the outcome, then the covariates. */
function parts(arms: Arms, outcome: LinearOutcome, adjustment: Adjustment): Parts {
  const { kept } = adjustment
  const pooled = mergeVectorMoments(arms.treatment, arms.control)
  const linearisation = linearise(arms, adjustment)
  const centre = meansOf(pooled, kept)
  const moved = (arm: VectorMoments, mean: number, slopes: Float64Array): ArmMean => {
    const distance = meansOf(arm, kept).map((x, i) => x - centre[i]!)
    return { unadjusted: mean, adjusted: mean - dot(slopes, distance) }
  }
  const treatmentMean = moved(arms.treatment, outcome.treatment.mean, adjustment.treatment)
  const controlMean = moved(arms.control, outcome.control.mean, adjustment.control)
  const { treatment, control, shared, treatmentScale, controlScale } = linearisation
  const a = (treatmentScale * bilinearForm(arms.treatment.cross, treatment, treatment)) / arms.treatment.n
  const b = (controlScale * bilinearForm(arms.control.cross, control, control)) / arms.control.n
  const c = sharedVariance(pooled, shared, shared)
  const variance = a + b + c
  // By shares of the variance, whose squares neither vanish nor overflow.
  const [own, other, both] = [a, b, c].map((part) => (part / variance) ** 2)
  const dof = 1 / (own! * treatmentScale + other! * controlScale + both! / (pooled.n - 1))
  const baseline = baselineOf(arms, controlMean.unadjusted, linearisation)
  return {
    effect: treatmentMean.adjusted - controlMean.adjusted,
    variance,
    dof,
    treatmentMean,
    controlMean,
    baseline,
    linearisation,
  }
}

function linearise({ treatment, control }: Arms, { kind, kept, ...slopes }: Adjustment): Linearisation {
  const p = kept.length
  const residual = (own: Float64Array): Float64Array => {
    const weights = new Float64Array(treatment.mean.length)
    weights[0] = 1
    kept.forEach((column, i) => {
      weights[column] = -own[i]!
    })
    return weights
  }
  const shared = new Float64Array(treatment.mean.length)
  kept.forEach((column, i) => {
    shared[column] = slopes.treatment[i]! - slopes.control[i]!
  })
  // One slope for both arms costs its degrees of freedom of both together.
  const units = treatment.n + control.n
  const scale = (n: number) => (kind === 'pooled' ? (units - 2) / (units - 2 - p) / (n - 1) : 1 / (n - 1 - p))
  return {
    treatment: residual(slopes.treatment),
    control: residual(slopes.control),
    shared,
    treatmentScale: scale(treatment.n),
    controlScale: scale(control.n),
  }
}

function baselineOf({ control, treatment }: Arms, mean: number, linearisation: Linearisation): Baseline {
  const outcome = new Float64Array(control.mean.length)
  outcome[0] = 1
  const own = bilinearForm(control.cross, outcome, linearisation.control) * linearisation.controlScale
  const shared = bilinearForm(control.cross, outcome, linearisation.shared) / (control.n - 1)
  return {
    mean,
    variance: crossProduct(control, 0, 0) / (control.n - 1) / control.n,
    covariance: shared / (control.n + treatment.n) - own / control.n,
  }
}

/** The linearisation in terms of the original columns. */
function overColumns(inner: Linearisation, outcome: LinearOutcome): Linearisation {
  const combine = (weights: Float64Array, basis: readonly Float64Array[]): Float64Array => {
    const sum = new Float64Array(basis[0]!.length)
    basis.forEach((vector, i) => {
      const weight = weights[i]!
      if (weight !== 0) for (let j = 0; j < sum.length; j++) sum[j] = sum[j]! + weight * vector[j]!
    })
    return sum
  }
  return {
    ...inner,
    treatment: combine(inner.treatment, [outcome.treatment.weights, ...outcome.covariates]),
    control: combine(inner.control, [outcome.control.weights, ...outcome.covariates]),
    shared: combine(inner.shared, [outcome.treatment.weights, ...outcome.covariates]),
  }
}

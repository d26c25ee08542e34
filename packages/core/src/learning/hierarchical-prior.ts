import { PalomaError } from '../domain/index.ts'
import { choleskyFactor, choleskyInvert, choleskySolve, packedIndex, quadraticForm } from '../numeric/index.ts'
import { crossProducts, regressOn } from './regress-on.ts'

/** What a message's own rewards say about its weights, without any prior: precision (packed) and precision · weights. */
export interface SisterEvidence {
  /** Features of the message; the first should be 1. */
  readonly features: ArrayLike<number>
  readonly precision: Float64Array
  readonly information: Float64Array
}

/** w ~ N(B z, diag(T)) for a message with features z. */
export interface Hierarchy {
  /** Row j of B: what each feature of a message adds to weight j. */
  readonly coefficients: readonly Float64Array[]
  /** T: how far weights of messages with the same features lie apart. */
  readonly variances: Float64Array
  /** Packed covariance of each row of B. */
  readonly coefficientCovariances: readonly Float64Array[]
  /** Sisters less features: degrees of freedom of T, > 2. */
  readonly degrees: number
}

/** Mean and variance of the weights of a message that nobody was sent yet, in units of the reward. */
export interface ColdPrior {
  readonly mean: Float64Array
  readonly variance: Float64Array
}

/** How long the fit runs, and the strength with which coefficients are held at 0. */
export interface HierarchyOptions {
  readonly iterations: number
  /** > 0; keeps features that no sisters tell apart from running away. */
  readonly ridge: number
}

// So small beside any variance of weights that it only keeps 1 / T finite.
const LEAST_VARIANCE = 1e-12

/** What is known of one sister's weights, given the present hierarchy. */
interface SisterBelief {
  readonly mean: Float64Array
  readonly variance: Float64Array
}

/**
 * Empirical Bayes over sister messages by EM in a fixed order (Dempster, Laird & Rubin 1977; Lindley & Smith 1972): given B and T every
 * sister's weights are N(m, C) with C = (A + T⁻¹)⁻¹, m = C (b + T⁻¹ B z); then B is the regression of m on z and T the mean of C + (m − B z)²
 * with as many degrees of freedom as sisters less features. Directions that a sister never showed stay at B z. Doubt in B
 * and, roughly, in T goes into cold priors. Throws SISTERS_TOO_FEW, SISTER_INVALID or HIERARCHY_SINGULAR.
 */
export function fitHierarchy(
  sisters: readonly SisterEvidence[],
  { iterations = 100, ridge = 1e-6 }: Partial<HierarchyOptions> = {},
): Hierarchy {
  const { weights, features } = checkSisters(sisters)
  const products = crossProducts(
    sisters.map(({ features: z }) => z),
    ridge,
  )
  let coefficients: readonly Float64Array[] = Array.from({ length: weights }, () => new Float64Array(features))
  let variances = startVariances(sisters, weights)
  for (let step = 0; step < iterations; step++) {
    const beliefs = sisters.map((sister) => believe(sister, coefficients, variances))
    coefficients = Array.from({ length: weights }, (_, j) =>
      regressOn(
        products,
        sisters.map(({ features: z }) => z),
        beliefs.map(({ mean }) => mean[j]!),
      ),
    )
    variances = spreadAround(sisters, beliefs, coefficients)
  }
  const beliefs = sisters.map((sister) => believe(sister, coefficients, variances))
  return {
    coefficients,
    variances,
    coefficientCovariances: doubtOf(sisters, beliefs, { variances, ridge }),
    degrees: sisters.length - features,
  }
}

/**
 * The prior of a new message: mean B z, variance (T + z' Cov(B) z) · ν / (ν − 2), that of a t distribution with the hierarchy's ν degrees
 * of freedom, because T is estimated. Throws SISTER_INVALID when z has another length.
 */
export function coldPrior(hierarchy: Hierarchy, features: ArrayLike<number>): ColdPrior {
  const expected = hierarchy.coefficients[0]?.length ?? 0
  if (features.length !== expected) throw invalid('features.length', `${expected}`, features.length)
  const widening = hierarchy.degrees / (hierarchy.degrees - 2)
  return {
    mean: Float64Array.from(hierarchy.coefficients, (row) => dot(row, features)),
    variance: Float64Array.from(
      hierarchy.variances,
      (variance, j) => widening * (variance + quadraticForm(hierarchy.coefficientCovariances[j]!, features)),
    ),
  }
}

function believe(sister: SisterEvidence, coefficients: readonly Float64Array[], variances: Float64Array): SisterBelief {
  const precision = Float64Array.from(sister.precision)
  const information = Float64Array.from(sister.information)
  for (let j = 0; j < variances.length; j++) {
    const at = packedIndex(j, j)
    precision[at] = precision[at]! + 1 / variances[j]!
    information[j] = information[j]! + dot(coefficients[j]!, sister.features) / variances[j]!
  }
  const factor = choleskyFactor(precision, variances.length)
  if (factor === null)
    throw new PalomaError(
      'HIERARCHY_SINGULAR',
      'precision of a sister + 1 / T must be positive definite, but it has no Cholesky factor',
    )
  const covariance = choleskyInvert(factor, variances.length)
  return {
    mean: choleskySolve(factor, information),
    variance: Float64Array.from(variances, (_, j) => covariance[packedIndex(j, j)]!),
  }
}

/** T: mean over sisters of C_jj + (m_j − b_j z)², with degrees of freedom taken off. */
function spreadAround(
  sisters: readonly SisterEvidence[],
  beliefs: readonly SisterBelief[],
  coefficients: readonly Float64Array[],
): Float64Array {
  const features = coefficients[0]!.length
  return Float64Array.from(coefficients, (row, j) => {
    let own = 0
    let apart = 0
    beliefs.forEach(({ mean, variance }, s) => {
      own += variance[j]!
      apart += (mean[j]! - dot(row, sisters[s]!.features)) ** 2
    })
    return Math.max(LEAST_VARIANCE, own / sisters.length + apart / (sisters.length - features))
  })
}

/** Cov(b_j) = (Σ z z' / (t + s))⁻¹; the sampling variance s of a sister's weight follows from C = t s / (t + s). */
function doubtOf(
  sisters: readonly SisterEvidence[],
  beliefs: readonly SisterBelief[],
  { variances, ridge }: { readonly variances: Float64Array; readonly ridge: number },
): readonly Float64Array[] {
  const rows = sisters.map(({ features }) => features)
  return Array.from(variances, (t, j) => {
    const shares = beliefs.map(({ variance }) => Math.max(0, t - variance[j]!) / (t * t))
    const products = crossProducts(rows, ridge, shares)
    return choleskyInvert(products.factor, products.size)
  })
}

/** A first T: the spread that sisters with some evidence have by themselves, or 1 where there is none. */
function startVariances(sisters: readonly SisterEvidence[], weights: number): Float64Array {
  return Float64Array.from({ length: weights }, (_, j) => {
    const estimates: number[] = []
    for (const { precision, information } of sisters) {
      const own = precision[packedIndex(j, j)]!
      if (own > 0) estimates.push(information[j]! / own)
    }
    const mean = estimates.reduce((sum, value) => sum + value, 0) / Math.max(1, estimates.length)
    const spread = estimates.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, estimates.length - 1)
    return spread > LEAST_VARIANCE ? spread : 1
  })
}

function checkSisters(sisters: readonly SisterEvidence[]): { readonly weights: number; readonly features: number } {
  const weights = sisters[0]?.information.length ?? 0
  const features = sisters[0]?.features.length ?? 0
  if (sisters.length <= features + 2)
    throw new PalomaError(
      'SISTERS_TOO_FEW',
      `sisters must be at least ${features + 3} for ${features} features, got ${sisters.length}`,
    )
  sisters.forEach((sister, s) => {
    const lengths = { features, precision: (weights * (weights + 1)) / 2, information: weights }
    for (const name of ['features', 'precision', 'information'] as const) {
      const column = sister[name]
      if (column.length !== lengths[name])
        throw invalid(`sisters[${s}].${name}.length`, `${lengths[name]}`, column.length)
      for (let i = 0; i < column.length; i++)
        if (!Number.isFinite(column[i])) throw invalid(`sisters[${s}].${name}[${i}]`, 'a finite number', column[i])
    }
  })
  return { weights, features }
}

function invalid(field: string, expected: string, value: number | undefined): PalomaError {
  return new PalomaError('SISTER_INVALID', `${field} must be ${expected}, got ${value}`)
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

import { tQuantile } from '../numeric/index.ts'
import type { Effect } from './effect.ts'
import { checkLevel, type Estimate, undefinedEstimate } from './estimate.ts'
import { wilsonInterval } from './wilson.ts'

/** An experiment that is old enough: its effect on the surrogate index, and what the long-term effect turned out to be. */
export interface PastSurrogate {
  readonly indexEffect: number
  /** ≥ 0. */
  readonly indexStdError: number
  readonly realisedEffect: number
  /** > 0. */
  readonly realisedStdError: number
  /** Covariance of the two errors, where the same users gave both; 0 unless said. */
  readonly covariance?: number
}

/** How far effects on the index came true. */
export interface SurrogateCalibration {
  readonly experiments: number
  /** Realised effect per unit of the effect on the index, through the origin. */
  readonly slope: Estimate
  /** Mean square of what realised effects miss the line by, in units of its errors: about 1 where those explain it. */
  readonly misfit: number | null
  /** Experiments whose signs differ, their share, and Wilson's 95 % interval of it. */
  readonly disagreements: number
  readonly signShare: number | null
  readonly signInterval: readonly [number, number] | null
  /** The same among experiments in which both effects are proven. */
  readonly clear: { readonly experiments: number; readonly disagreements: number }
  /** More than 20 % of the signs differ: the surrogate misleads. `unknown` below five experiments. */
  readonly verdict: 'holds' | 'broken' | 'unknown'
}

/** Largest share of differing signs at which a surrogate is believed. */
export const MOST_SIGN_DISAGREEMENT = 0.2
/** Fewer past experiments say nothing of a surrogate. */
export const LEAST_PAST_EXPERIMENTS = 5

/**
 * What past experiments say of a surrogate. The slope is Σ w (i r − c) / Σ w (i² − s²), because effects on the index have errors s
 * too, and least squares would pull it to 0 (errors in variables with known variances: Fuller 1987, §1.2); w is 1 over the variance of r − b i, with what
 * it varies beyond the errors, so effects that do not go through the index cost precision and not truth. Its standard error is robust (HC2), with Student's t on as many degrees of freedom as experiments count (Bell & McCaffrey 2002).
 * All past experiments must be there, the disappointing ones first. Where effects are small signs differ by chance: see `clear` beside the
 * verdict. Throws a RangeError naming the experiment for numbers that are not finite, or errors that are none.
 */
export function calibrateSurrogate(past: readonly PastSurrogate[], level: number): SurrogateCalibration {
  checkLevel(level)
  past.forEach(checkPast)
  const disagreements = past.filter(differ).length
  const share = past.length === 0 ? null : disagreements / past.length
  const clear = past.filter(
    ({ indexEffect, indexStdError, realisedEffect, realisedStdError }) =>
      Math.abs(indexEffect) > PROVEN * indexStdError && Math.abs(realisedEffect) > PROVEN * realisedStdError,
  )
  const isKnown = share !== null && past.length >= LEAST_PAST_EXPERIMENTS
  return {
    experiments: past.length,
    ...slopeOf(past, level),
    disagreements,
    signShare: share,
    signInterval: share === null ? null : wilsonOf(disagreements, past.length),
    clear: { experiments: clear.length, disagreements: clear.filter(differ).length },
    verdict: !isKnown ? 'unknown' : share > MOST_SIGN_DISAGREEMENT ? 'broken' : 'holds',
  }
}

const PROVEN = 1.959963984540054

function differ({ indexEffect, realisedEffect }: PastSurrogate): boolean {
  return indexEffect * realisedEffect < 0
}

function checkPast(past: PastSurrogate, i: number): void {
  for (const [name, value] of Object.entries(past)) {
    if (!Number.isFinite(value)) throw new RangeError(`past[${i}].${name} must be a finite number, got ${value}`)
  }
  if (past.indexStdError < 0) throw new RangeError(`past[${i}].indexStdError must be ≥ 0, got ${past.indexStdError}`)
  if (!(past.realisedStdError > 0)) {
    throw new RangeError(`past[${i}].realisedStdError must be > 0, got ${past.realisedStdError}`)
  }
  if (Math.abs(past.covariance ?? 0) >= past.indexStdError * past.realisedStdError && (past.covariance ?? 0) !== 0) {
    throw new RangeError(`past[${i}].covariance must be smaller than the product of the errors, got ${past.covariance}`)
  }
}

function wilsonOf(successes: number, n: number): readonly [number, number] | null {
  const found = wilsonInterval(successes, n, 0.95)
  return found.kind === 'estimate' ? [found.low, found.high] : null
}

/** Per experiment: what the products of effects are above those of their errors, whose ratio of means is the slope. */
interface Products {
  readonly realised: number
  readonly index: number
  readonly weight: number
}

function slopeOf(past: readonly PastSurrogate[], level: number): Pick<SurrogateCalibration, 'slope' | 'misfit'> {
  const count = past.length
  if (count < LEAST_FOR_SLOPE) return { slope: undefinedEstimate('too-few-units'), misfit: null }
  const first = ratioOf(productsOf(past, () => 1))
  if (first === null) return { slope: undefinedEstimate('weak-index'), misfit: null }
  const excess = excessOf(past, first)
  const products = productsOf(past, (each) => 1 / (errorOf(each, first) + excess))
  const mean = ratioOf(products)
  if (mean === null) return { slope: undefinedEstimate('weak-index'), misfit: null }
  const misfit = past.reduce((sum, each) => sum + missOf(each, mean) ** 2 / errorOf(each, mean), 0) / (count - 1)
  const error = slopeError(past, products, mean)
  if (error === null) return { slope: undefinedEstimate('weak-index', mean), misfit }
  const { stdError, dof } = error
  const half = tQuantile((1 + level) / 2, dof) * stdError
  return { slope: { kind: 'estimate', mean, low: mean - half, high: mean + half, stdError, dof }, misfit }
}

const LEAST_FOR_SLOPE = 3

function productsOf(past: readonly PastSurrogate[], weightOf: (each: PastSurrogate) => number): readonly Products[] {
  return past.map((each) => {
    const { indexEffect, indexStdError, realisedEffect, covariance = 0 } = each
    const weight = weightOf(each)
    return {
      realised: weight * (indexEffect * realisedEffect - covariance),
      index: weight * (indexEffect ** 2 - indexStdError ** 2),
      weight,
    }
  })
}

/** Null where effects on the index vary no more than their errors. */
function ratioOf(products: readonly Products[]): number | null {
  const sum = (of: (each: Products) => number): number => products.reduce((total, each) => total + of(each), 0)
  const index = sum((each) => each.index)
  return index > 0 ? sum((each) => each.realised) / index : null
}

function missOf({ indexEffect, realisedEffect }: PastSurrogate, slope: number): number {
  return realisedEffect - slope * indexEffect
}

/** Variance of realised − slope · index by the errors alone. */
function errorOf({ indexStdError, realisedStdError, covariance = 0 }: PastSurrogate, slope: number): number {
  return realisedStdError ** 2 + (slope * indexStdError) ** 2 - 2 * slope * covariance
}

/** What misfits vary beyond that, at least 0: effects that do not go through the index. */
function excessOf(past: readonly PastSurrogate[], slope: number): number {
  const sum = past.reduce((total, each) => total + missOf(each, slope) ** 2 - errorOf(each, slope), 0)
  return Math.max(0, sum / past.length)
}

/**
 * Standard error of the slope from what every experiment misses, as HC2: squares over 1 less its share in the divisor; degrees of freedom by those shares. Null where the divisor is not
 * three of its own standard errors above 0, or one experiment is all of it.
 */
function slopeError(
  past: readonly PastSurrogate[],
  products: readonly Products[],
  slope: number,
): { readonly stdError: number; readonly dof: number } | null {
  const all = products.reduce((sum, { index }) => sum + index, 0)
  let [squares, noise, shares] = [0, 0, 0]
  products.forEach(({ realised, index, weight }, k) => {
    const share = Math.max(0, index / all)
    squares += (realised - slope * index) ** 2 / (1 - share)
    shares += share * share
    const { indexEffect, indexStdError } = past[k]!
    // Var(i²) for a normal error: 4 μ² s² + 2 s⁴, with μ² estimated by i² − s², at least 0.
    const truth = Math.max(0, indexEffect ** 2 - indexStdError ** 2)
    noise += weight ** 2 * (4 * truth * indexStdError ** 2 + 2 * indexStdError ** 4)
  })
  if (!(all > STRONG * Math.sqrt(noise)) || !Number.isFinite(squares)) return null
  return { stdError: Math.sqrt(squares) / all, dof: 1 / shares }
}

const STRONG = 3

/**
 * A forecast of a long-term effect times the slope of past experiments, with the errors of both: variance b² s² + e² s_b² + s² s_b².
 * Undefined where either is.
 */
export function calibratedEffect(effect: Effect, slope: Estimate): Effect {
  if (effect.kind === 'undefined') return effect
  if (slope.kind === 'undefined') return { kind: 'undefined', reason: slope.reason, effect: null }
  const variance =
    (slope.mean * effect.stdError) ** 2 +
    (effect.effect * slope.stdError) ** 2 +
    (effect.stdError * slope.stdError) ** 2
  const dofs = [effect.dof, slope.dof].filter((dof) => dof !== null)
  return {
    kind: 'effect',
    effect: slope.mean * effect.effect,
    stdError: Math.sqrt(variance),
    dof: dofs.length === 0 ? null : Math.min(...dofs),
  }
}

import { packedIndex, packedLength, quadraticForm } from '../numeric/index.ts'
import { randomFrom } from '../random/index.ts'
import type { Effect } from './effect.ts'
import type { UndefinedReason } from './estimate.ts'
import type { JointEffects } from './joint-utility.ts'
import { type LeastSquares, leastSquares, type Regressors } from './least-squares.ts'

/** Users whose long-term outcome is known, with what was known of each after a short time. */
export interface SurrogateHistory {
  /** Short-term outcomes and features, one row per user, without a constant. */
  readonly rows: Regressors
  readonly longTerm: ArrayLike<number>
}

/** A linear forecast of the long-term outcome. */
export interface SurrogateIndex {
  readonly kind: 'index'
  readonly intercept: number
  /** One per column of the history. */
  readonly weights: readonly number[]
  /** Covariance of `weights`, packed. */
  readonly covariance: Float64Array
  readonly users: number
  /** Share of the variance of users who were not fitted that the forecast explains; below 0 where it is worse than their mean. */
  readonly rSquared: number
  /** Slope of their outcomes on their forecasts: 1 where forecasts are neither too bold nor too timid; null where all are alike. */
  readonly slope: number | null
}

const FOLDS = 5

/**
 * The surrogate index (Athey, Chetty, Imbens & Kang 2019, NBER 26463, §4): least squares of the long-term outcome on short-term ones
 * and features, with the covariance HC3 of its weights. Its fit is judged by cross-fitting, in five folds drawn with `key`. The history must hold
 * no user of the experiment. `too-few-units` below ten users per column, `zero-variance` where columns determine one another (or do so without a fifth of the users) or
 * the long-term outcome is the same for everybody.
 */
export function fitSurrogateIndex(
  { rows, longTerm }: SurrogateHistory,
  key: string,
): SurrogateIndex | { readonly kind: 'undefined'; readonly reason: UndefinedReason } {
  const size = (rows[0]?.length ?? 0) + 1
  if (rows.length < LEAST_USERS_PER_COLUMN * size) return { kind: 'undefined', reason: 'too-few-units' }
  if (Array.from(longTerm).every((value) => value === longTerm[0]))
    return { kind: 'undefined', reason: 'zero-variance' }
  const { centre, centred } = centredRows(rows)
  const fit = leastSquares(centred, longTerm)
  if (fit.kind === 'undefined') return fit
  const judged = outOfFold(centred, longTerm, key)
  if (judged === null) return { kind: 'undefined', reason: 'zero-variance' }
  const weights = Array.from(fit.coefficients.subarray(1))
  const atMeans = weights.reduce((sum, weight, j) => sum + weight * centre[j]!, 0)
  return {
    kind: 'index',
    intercept: fit.coefficients[0]! - atMeans,
    weights,
    covariance: withoutFirst(fit),
    users: rows.length,
    ...judged,
  }
}

/** Fewer historical users than this per coefficient forecast little but their own noise. */
const LEAST_USERS_PER_COLUMN = 10

/** Rows less their means beside a constant: weights are the same, and the constant keeps no digits of the others. */
function centredRows(rows: Regressors): { readonly centre: Float64Array; readonly centred: readonly Float64Array[] } {
  const size = rows[0]!.length
  const centre = new Float64Array(size)
  for (const row of rows) for (let j = 0; j < size; j++) centre[j] = centre[j]! + row[j]! / rows.length
  const centred = rows.map((row) => {
    const own = new Float64Array(size + 1)
    own[0] = 1
    for (let j = 0; j < size; j++) own[j + 1] = row[j]! - centre[j]!
    return own
  })
  return { centre, centred }
}

function withoutFirst({ coefficients, covariance }: LeastSquares): Float64Array {
  const rest: number[] = []
  for (let i = 1; i < coefficients.length; i++) {
    for (let j = 1; j <= i; j++) rest.push(covariance[packedIndex(i, j)]!)
  }
  return Float64Array.from(rest)
}

/** Null where columns determine one another once a fold is left out. */
function outOfFold(
  rows: readonly Float64Array[],
  longTerm: ArrayLike<number>,
  key: string,
): Pick<SurrogateIndex, 'rSquared' | 'slope'> | null {
  const random = randomFrom(key)
  const foldOf = rows.map(() => Math.floor(FOLDS * random()))
  const forecasts = new Float64Array(rows.length)
  for (let fold = 0; fold < FOLDS; fold++) {
    const places = rows.flatMap((_, i) => (foldOf[i] === fold ? [] : [i]))
    const fit = leastSquares(
      places.map((i) => rows[i]!),
      places.map((i) => longTerm[i]!),
    )
    if (fit.kind === 'undefined') return null
    for (let i = 0; i < rows.length; i++) if (foldOf[i] === fold) forecasts[i] = dot(fit.coefficients, rows[i]!)
  }
  let mean = 0
  for (let i = 0; i < rows.length; i++) mean += longTerm[i]! / rows.length
  let [missed, all] = [0, 0]
  for (let i = 0; i < rows.length; i++) {
    missed += (longTerm[i]! - forecasts[i]!) ** 2
    all += (longTerm[i]! - mean) ** 2
  }
  const against = leastSquares(
    Array.from(forecasts, (forecast) => [1, forecast]),
    longTerm,
  )
  return { rSquared: 1 - missed / all, slope: against.kind === 'fit' ? against.coefficients[1]! : null }
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

/** A forecast of the effect on the long-term outcome, and where its uncertainty comes from. */
export interface LongTermEffect {
  readonly effect: Effect
  /** Standard errors: of the experiment's users, and of the weights of the index; null without an effect. */
  readonly between: number | null
  readonly model: number | null
}

/**
 * The effect on the surrogate index: Σ weights · effects on the columns, with variance w'Σw of the experiment's users and δ'Vδ of the
 * index's weights, which add up because the two sets of users are different. An estimate of the long-term effect if the treatment acts on it through the
 * columns alone, and if the forecast holds in the experiment as in the history; wrong, however small its error, where it does not. `joint` holds the effects on the
 * first columns of the history, in their order; the others are features from before exposure, on which there is no effect. Throws a
 * RangeError for more effects than columns, or none.
 */
export function longTermEffect(joint: JointEffects, index: SurrogateIndex): LongTermEffect {
  const count = joint.effects.length
  if (count === 0 || count > index.weights.length) {
    throw new RangeError(`joint must have 1 to ${index.weights.length} effects, got ${count}`)
  }
  const weights = index.weights.slice(0, count)
  const covariance = index.covariance.subarray(0, packedLength(count))
  const effect = weights.reduce((sum, weight, i) => sum + weight * joint.effects[i]!, 0)
  const between = quadraticForm(joint.covariance, weights)
  const model = quadraticForm(covariance, joint.effects)
  if (!Number.isFinite(effect) || !Number.isFinite(between + model)) return without('not-finite', null)
  if (!(between > 0)) return without('zero-variance', effect)
  return {
    effect: { kind: 'effect', effect, stdError: Math.sqrt(between + Math.max(0, model)), dof: joint.dof },
    between: Math.sqrt(between),
    model: Math.sqrt(Math.max(0, model)),
  }
}

function without(reason: UndefinedReason, effect: number | null): LongTermEffect {
  return { effect: { kind: 'undefined', reason, effect }, between: null, model: null }
}

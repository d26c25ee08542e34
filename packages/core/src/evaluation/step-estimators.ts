import { type EstimatorTerms, estimatorValue, influenceOf } from './estimator.ts'

/** Steps of sequences: positions of slates, or decisions of users one after another. Sequence i owns `offsets[i]` to `offsets[i + 1] − 1`. */
export interface StepColumns {
  readonly offsets: ArrayLike<number>
  /** By step: what its reward is multiplied by. */
  readonly weights: Float64Array
  /** By step, discounted to the start of its sequence. */
  readonly rewards: ArrayLike<number>
}

/** By step, discounted as rewards are: what a model that has not seen the user says of all that follows. */
export interface StepPredictions {
  /** Q of the chosen action. */
  readonly predicted: ArrayLike<number>
  /** Σ_a π(a) Q(a). */
  readonly expected: ArrayLike<number>
}

/**
 * By step, Π of the weights of its sequence up to and including it: how much more often the target would have come this way. Assumes that each
 * step's probabilities are given all that went before.
 */
export function prefixWeights(offsets: ArrayLike<number>, own: Float64Array): Float64Array {
  const weights = own.slice()
  for (let i = 0; i + 1 < offsets.length; i++)
    for (let k = offsets[i]! + 1; k < offsets[i + 1]!; k++) weights[k] = weights[k - 1]! * own[k]!
  return weights
}

/** Sums of a column by sequence. */
export function sumSteps(offsets: ArrayLike<number>, column: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: offsets.length - 1 }, (_, i) => {
    let sum = 0
    for (let k = offsets[i]!; k < offsets[i + 1]!; k++) sum += column[k]!
    return sum
  })
}

/** By sequence, the entry of its last step. */
export function lastSteps(offsets: ArrayLike<number>, column: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: offsets.length - 1 }, (_, i) => column[offsets[i + 1]! - 1]!)
}

/** Length of the longest sequence. */
export function mostSteps(offsets: ArrayLike<number>): number {
  let most = 0
  for (let i = 0; i + 1 < offsets.length; i++) most = Math.max(most, offsets[i + 1]! - offsets[i]!)
  return most
}

/**
 * Mean over sequences of Σ_k w_k r_k. With weights of prefixes PDIS (Precup, Sutton & Singh 2000), of slates RIPS (McInerney et al. 2020, eq. 6):
 * unbiased where no reward hangs on later steps. With weights of single positions IIPS (Li et al. 2018): unbiased only where
 * a position's reward hangs on its own action alone.
 */
export function perStepSampling({ offsets, weights, rewards }: StepColumns): EstimatorTerms {
  return {
    weighted: sumSteps(
      offsets,
      weights.map((weight, k) => weight * rewards[k]!),
    ),
  }
}

/**
 * Σ_k of Σ_i w_ik r_ik / mean_i w_ik, each step normalised by itself (CWPDIS, Thomas 2015 §3.8; for slates as in Open Bandit Pipeline).
 * Consistent, not unbiased. A sequence that has ended keeps its last weight (`ended: 'last'`), which is right where ends
 * hang on what was done, or counts 1 (`'one'`), for weights of single positions.
 */
export function* selfNormalisedPerStep(
  { offsets, weights, rewards }: StepColumns,
  ended: 'last' | 'one',
): Generator<EstimatorTerms> {
  for (let step = 0; step < mostSteps(offsets); step++) {
    const at = stepReader(offsets, step)
    const normaliser = at.weights(weights, ended)
    yield { weighted: at.each((k) => weights[k]! * rewards[k]!), normaliser }
  }
}

/**
 * DR by steps: mean of Σ_k w_{k−1} V_k + w_k (r_k − Q_k) with prefix weights, w_0 = 1 (Jiang & Li 2016, eq. 10; Thomas & Brunskill 2016, eq. 1; for
 * slates Cascade-DR, Kiyohara et al. 2022, eq. 7). Unbiased for any model that has not seen the user, where propensities are those of
 * the draw. The better the model, the less is multiplied by weights; they still grow with every step.
 */
export function stepwiseDoublyRobust(
  { offsets, weights, rewards }: StepColumns,
  { predicted, expected }: StepPredictions,
): EstimatorTerms {
  const direct = Float64Array.from({ length: offsets.length - 1 }, (_, i) => {
    let [sum, before] = [0, 1]
    for (let k = offsets[i]!; k < offsets[i + 1]!; k++) {
      sum += before * expected[k]! + weights[k]! * (rewards[k]! - predicted[k]!)
      before = weights[k]!
    }
    return sum
  })
  return { direct }
}

/** WDR (Thomas & Brunskill 2016, eq. 2): DR by steps with weights normalised step by step. Consistent, not unbiased; steadier on few sequences. */
export function* selfNormalisedStepwise(
  { offsets, weights, rewards }: StepColumns,
  { predicted, expected }: StepPredictions,
): Generator<EstimatorTerms> {
  let before: Float64Array = new Float64Array(offsets.length - 1).fill(1)
  for (let step = 0; step < mostSteps(offsets); step++) {
    const at = stepReader(offsets, step)
    const earlier = before
    yield { weighted: at.each((k, i) => earlier[i]! * expected[k]!), normaliser: earlier }
    before = at.weights(weights, 'last')
    yield { weighted: at.each((k) => weights[k]! * (rewards[k]! - predicted[k]!)), normaliser: before }
  }
}

/**
 * By sequence, numbers whose mean is the sum of the terms' values and whose deviations from it are its influence; null where a
 * normaliser is 0: nobody of the log went on as the target would.
 */
export function scoresOf(terms: Iterable<EstimatorTerms>, sequences: number): Float64Array | null {
  const scores = new Float64Array(sequences)
  for (const each of terms) {
    if (estimatorValue(each) === null) return null
    const own = influenceOf(each, sequences)
    for (let i = 0; i < sequences; i++) scores[i] = scores[i]! + own[i]!
  }
  return scores
}

/** Reads one step of every sequence that has it. */
function stepReader(offsets: ArrayLike<number>, step: number) {
  const count = offsets.length - 1
  const placeOf = (i: number): number | null => (offsets[i]! + step < offsets[i + 1]! ? offsets[i]! + step : null)
  return {
    each: (of: (place: number, sequence: number) => number): Float64Array =>
      Float64Array.from({ length: count }, (_, i) => {
        const place = placeOf(i)
        return place === null ? 0 : of(place, i)
      }),
    weights: (column: Float64Array, ended: 'last' | 'one'): Float64Array =>
      Float64Array.from({ length: count }, (_, i) => {
        const place = placeOf(i)
        if (place !== null) return column[place]!
        return ended === 'one' ? 1 : column[offsets[i + 1]! - 1]!
      }),
  }
}

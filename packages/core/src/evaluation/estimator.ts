/**
 * What an off-policy estimator makes of a log, by decision. Its value is mean(`direct`) + Σ `weighted` / Σ `normaliser`, where a missing
 * part counts 0 and a missing normaliser 1 for each decision: every estimator here has that form, so that one function
 * gives its value, one its influence, and one bootstrap serves all.
 */
export interface EstimatorTerms {
  readonly direct?: Float64Array
  readonly weighted?: Float64Array
  readonly normaliser?: Float64Array
}

/** What estimators read, by decision, of one objective. */
export interface ObjectiveTerms {
  /** w, the target's probability of the chosen action over its propensity. */
  readonly weights: Float64Array
  /** r, the reward that followed. */
  readonly rewards: ArrayLike<number>
  /** q(x, A), the reward predicted for the chosen action by a model that has not seen this user. */
  readonly predicted: Float64Array
  /** Σ_a π_e(a | x) q(x, a), what the model says of the target policy. */
  readonly expected: Float64Array
}

/** The value of an estimator; null where its normaliser sums to 0: no decision of the log agrees with the target. */
export function estimatorValue({ direct, weighted, normaliser }: EstimatorTerms): number | null {
  const plain = direct === undefined ? 0 : sumOf(direct) / direct.length
  if (weighted === undefined) return plain
  const whole = normaliser === undefined ? weighted.length : sumOf(normaliser)
  return whole > 0 ? plain + sumOf(weighted) / whole : null
}

/**
 * By decision, numbers whose mean is `value` and whose deviations from it are the estimator's influence: how much it hangs on
 * the decision. Of a ratio they are linearised (delta method), d + R + (a − R b) / mean b with R = Σa / Σb.
 */
export function influenceOf(terms: EstimatorTerms, decisions: number): Float64Array {
  const { direct, weighted, normaliser } = terms
  const scores = direct === undefined ? new Float64Array(decisions) : direct.slice()
  if (weighted === undefined) return scores
  if (normaliser === undefined) {
    for (let i = 0; i < decisions; i++) scores[i] = scores[i]! + weighted[i]!
    return scores
  }
  const whole = sumOf(normaliser)
  const ratio = sumOf(weighted) / whole
  const mean = whole / decisions
  for (let i = 0; i < decisions; i++) scores[i] = scores[i]! + ratio + (weighted[i]! - ratio * normaliser[i]!) / mean
  return scores
}

/** Σ of a column with a compensated sum, so that shifting millions of rewards costs no digits. */
export function sumOf(column: ArrayLike<number>): number {
  let [sum, compensation] = [0, 0]
  for (let i = 0; i < column.length; i++) {
    const value = column[i]!
    const next = sum + value
    compensation += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
    sum = next
  }
  return sum + compensation
}

/**
 * Count, means and centred cross products of several numbers per unit (metrics, denominators, covariates); mergeable, so
 * that shards and days add up, and all that differences of means and ratios, regression adjustment and joint covariance need.
 */
export interface VectorMoments {
  readonly n: number
  readonly mean: Float64Array
  /** Σ (x_i − mean_i)(x_j − mean_j), lower triangle packed row by row: entry (i, j ≤ i) at i(i+1)/2 + j. */
  readonly cross: Float64Array
}

import { foldsOfUsers } from './cross-fit-folds.ts'
import { type BoundedSample, empiricalBernsteinBound } from './empirical-bernstein.ts'
import type { UserClusters } from './user-clusters.ts'

/** What a bound is computed from; gains are rewards turned so that more is better. */
export interface GainBoundInput {
  readonly weights: Float64Array
  /** By decision. */
  readonly gains: ArrayLike<number>
  /** Least and largest gain that is possible. */
  readonly low: number
  readonly high: number
}

/** A lower bound that holds without a normal approximation, and where weights were clipped for it. */
export interface GainBound {
  /** Of target − logging policy, per decision. */
  readonly difference: number
  readonly clip: number
  /** Users it was computed from: a fifth, which chose where to clip, is left out. */
  readonly users: number
}

// Of which one chooses the clip, after Thomas, Theocharous & Ghavamzadeh (2015), who spend a twentieth on it.
const PARTS = 5

/**
 * High-confidence lower bound of what the target gains over the logging policy (Thomas, Theocharous & Ghavamzadeh 2015, with the bound of
 * `empiricalBernsteinBound`): mean of (min(w, c) − 1)(y − low), which clipping can only lower, since y ≥ low. Users are the independent
 * numbers, their counts of decisions taken as given; c is chosen on a fifth of them and the bound computed on the
 * others. Needs overlap (E w = 1) and a range that gains cannot leave. Null with fewer than two users on either side.
 */
export function gainBound(
  clusters: UserClusters,
  input: GainBoundInput,
  { level, seed }: { readonly level: number; readonly seed: string },
): GainBound | null {
  const partOf = foldsOfUsers(clusters.count, { folds: PARTS, seed: `bound ${seed}` })
  const users = partOf.reduce((count, part) => count + (part === 0 ? 0 : 1), 0)
  let best: { readonly clip: number; readonly promise: number } | null = null
  for (const clip of possibleClips(input.weights)) {
    const tried = sampleOf(clusters, input, { clip, isIn: (user) => partOf[user] === 0 })
    if (tried.count < 2) return null
    const promise = empiricalBernsteinBound({ ...tried, count: users }, level)
    if (promise !== null && (best === null || promise > best.promise)) best = { clip, promise }
  }
  if (best === null) return null
  const { clip } = best
  const difference = empiricalBernsteinBound(
    sampleOf(clusters, input, { clip, isIn: (user) => partOf[user] !== 0 }),
    level,
  )
  return difference === null ? null : { difference, clip, users }
}

/** Where weights may be clipped: powers of √2 from 1 up to the first that changes none. */
function possibleClips(weights: Float64Array): readonly number[] {
  const most = weights.reduce((top, weight) => Math.max(top, weight), 1)
  const steps = Math.ceil(2 * Math.log2(most))
  return Array.from({ length: steps + 1 }, (_, k) => 2 ** (k / 2))
}

function sampleOf(
  { count, clusterOf, sizes }: UserClusters,
  { weights, gains, low, high }: GainBoundInput,
  { clip, isIn }: { readonly clip: number; readonly isIn: (user: number) => boolean },
): BoundedSample {
  const sums = new Float64Array(count)
  for (let i = 0; i < clusterOf.length; i++) {
    const user = clusterOf[i]!
    sums[user] = sums[user]! + (Math.min(weights[i]!, clip) - 1) * (gains[i]! - low)
  }
  let [users, decisions, most] = [0, 0, 0]
  let [mean, squares] = [0, 0]
  for (let user = 0; user < count; user++) {
    if (!isIn(user)) continue
    users += 1
    decisions += sizes[user]!
    most = Math.max(most, sizes[user]!)
    const delta = sums[user]! - mean
    mean += delta / users
    squares += delta * (sums[user]! - mean)
  }
  // Per decision: sums over what users have on average.
  const scale = users / decisions
  const variance = users < 2 ? 0 : (squares / (users - 1)) * scale ** 2
  return { count: users, mean: mean * scale, variance, range: clip * (high - low) * most * scale }
}

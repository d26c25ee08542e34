/** Whose the decisions are, with users numbered from 0 without gaps by ascending index, so that the order of decisions is free. */
export interface UserClusters {
  readonly count: number
  /** By decision. */
  readonly clusterOf: Int32Array
  /** Decisions of each user. */
  readonly sizes: Float64Array
}

/** Numbers the users of a log. */
export function clusterUsers(users: ArrayLike<number>): UserClusters {
  const distinct = Float64Array.from(new Set(Array.from(users))).sort()
  const numbers = new Map(Array.from(distinct, (user, number) => [user, number]))
  const clusterOf = Int32Array.from({ length: users.length }, (_, i) => numbers.get(users[i]!)!)
  const sizes = new Float64Array(numbers.size)
  for (const cluster of clusterOf) sizes[cluster] = sizes[cluster]! + 1
  return { count: numbers.size, clusterOf, sizes }
}

/** Sums of a column by user. */
export function sumByUser({ count, clusterOf }: UserClusters, column: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(count)
  for (let i = 0; i < clusterOf.length; i++) sums[clusterOf[i]!] = sums[clusterOf[i]!]! + column[i]!
  return sums
}

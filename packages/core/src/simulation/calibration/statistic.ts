/** One number that a log and a world are compared on. */
export interface Statistic {
  readonly value: number
  /** From the differences between users; 0 where nothing varies. */
  readonly stdError: number
  /** How many events it rests on: few make it worthless whatever its standard error says. */
  readonly events: number
}

/** Σ a / Σ b over users, with its linearised standard error (Cochran 1977, §6.3): users are the independent units. */
export function ratioOf(numerators: Float64Array, denominators: Float64Array): Statistic | null {
  let [above, below] = [0, 0]
  for (let user = 0; user < numerators.length; user += 1) {
    above += numerators[user]!
    below += denominators[user]!
  }
  if (below <= 0) return null
  const value = above / below
  let squares = 0
  for (let user = 0; user < numerators.length; user += 1) {
    squares += (numerators[user]! - value * denominators[user]!) ** 2
  }
  return { value, stdError: Math.sqrt(squares) / below, events: above }
}

/** Mean of one number per user. */
export function meanOf(values: Float64Array, events: number): Statistic | null {
  const n = values.length
  if (n < 2) return null
  const value = values.reduce((sum, each) => sum + each, 0) / n
  const squares = values.reduce((sum, each) => sum + (each - value) ** 2, 0)
  return { value, stdError: Math.sqrt(squares / (n - 1) / n), events }
}

/**
 * Spread over users of the chance behind n trials each: √(E[p²] − E[p]²) with E[p²] from x(x − 1)/(n(n − 1)), which is free of
 * the chance of the trials themselves. Null when nothing is left after it.
 */
export function spreadOf(successes: Float64Array, trials: number): Statistic | null {
  const users = successes.length
  if (trials < 2 || users < 2) return null
  const pairs = successes.map((x) => (x * (x - 1)) / (trials * (trials - 1)))
  const shares = successes.map((x) => x / trials)
  const mean = shares.reduce((sum, share) => sum + share, 0) / users
  const variance = pairs.reduce((sum, pair) => sum + pair, 0) / users - mean * mean
  if (variance <= 0) return null
  const value = Math.sqrt(variance)
  const influence = pairs.map(
    (pair, user) => (pair - 2 * mean * shares[user]! - (variance - mean * mean)) / (2 * value),
  )
  const squares = influence.reduce((sum, each) => sum + each * each, 0)
  return { value, stdError: Math.sqrt(squares) / users, events: successes.reduce((sum, x) => sum + x, 0) }
}

/**
 * Slopes of the least-squares plane y = a + b₁x₁ + b₂x₂ with standard errors clustered by user (Liang & Zeger 1986). Null where the x do
 * not vary apart.
 */
export function slopesOf(
  rows: readonly { readonly user: number; readonly y: number; readonly x1: number; readonly x2: number }[],
  users: number,
): readonly [Statistic, Statistic] | null {
  const n = rows.length
  const mean = (pick: (row: (typeof rows)[number]) => number): number =>
    rows.reduce((sum, row) => sum + pick(row), 0) / n
  const [my, m1, m2] = [mean((row) => row.y), mean((row) => row.x1), mean((row) => row.x2)]
  let [s11, s12, s22, s1y, s2y] = [0, 0, 0, 0, 0]
  for (const { y, x1, x2 } of rows) {
    s11 += (x1 - m1) ** 2
    s12 += (x1 - m1) * (x2 - m2)
    s22 += (x2 - m2) ** 2
    s1y += (x1 - m1) * (y - my)
    s2y += (x2 - m2) * (y - my)
  }
  const determinant = s11 * s22 - s12 * s12
  if (!(determinant > 1e-9 * s11 * s22)) return null
  const b1 = (s22 * s1y - s12 * s2y) / determinant
  const b2 = (s11 * s2y - s12 * s1y) / determinant
  const scores1 = new Float64Array(users)
  const scores2 = new Float64Array(users)
  for (const { user, y, x1, x2 } of rows) {
    const residual = y - my - b1 * (x1 - m1) - b2 * (x2 - m2)
    scores1[user]! += residual * (s22 * (x1 - m1) - s12 * (x2 - m2))
    scores2[user]! += residual * (s11 * (x2 - m2) - s12 * (x1 - m1))
  }
  const error = (scores: Float64Array): number =>
    Math.sqrt(scores.reduce((sum, score) => sum + score * score, 0)) / determinant
  const events = rows.reduce((sum, row) => sum + row.y, 0)
  return [
    { value: b1, stdError: error(scores1), events },
    { value: b2, stdError: error(scores2), events },
  ]
}

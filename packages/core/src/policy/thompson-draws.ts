import { PalomaError } from '../domain/index.ts'
import { packedIndex, packedLength } from '../numeric/index.ts'
import { randomFrom } from '../random/index.ts'

export interface DrawnPosterior {
  readonly scores: Float64Array
  /** Packed covariance of the scores, lower triangle row by row. */
  readonly covariance: Float64Array
}

export interface DrawOptions {
  /** How many joint draws; at least 4,096. */
  readonly draws: number
  /** What the chance hangs on: the decision's id, so that the same decision gives the same frequencies. */
  readonly key: string
}

/** Fewer draws would make propensities coarser than a floor of a percent over many actions. */
export const LEAST_DRAWS = 4096

/**
 * Thompson sampling for correlated scores: how often each action's score is the largest among joint draws from
 * N(scores, covariance), with the same random numbers for all actions; ties are shared. The frequencies are the policy, not
 * an estimate of it: a decision is drawn from them, so its propensity is exact, whatever the number of draws. They differ
 * from the true chances by at most about 1 / √draws, and an action with a smaller chance than 1 / draws may get 0: mix a
 * floor in. Costs draws · actions² / 2. Throws DRAWS_TOO_FEW, COVARIANCE_INVALID.
 */
export function thompsonDraws({ scores, covariance }: DrawnPosterior, { draws, key }: DrawOptions): Float64Array {
  if (!(Number.isInteger(draws) && draws >= LEAST_DRAWS)) {
    throw new PalomaError('DRAWS_TOO_FEW', `draws must be a whole number ≥ ${LEAST_DRAWS}, got ${draws}`)
  }
  const root = semidefiniteRoot(covariance, scores.length)
  const random = randomFrom(key)
  const normals = new Float64Array(scores.length)
  const wins = new Float64Array(scores.length)
  const drawn = new Float64Array(scores.length)
  for (let draw = 0; draw < draws; draw++) {
    // A draw and its mirror image: half the random numbers, less noise.
    if (draw % 2 === 0) fillNormals(normals, random)
    else for (let k = 0; k < normals.length; k++) normals[k] = -normals[k]!
    drawScores(scores, { root, normals }, drawn)
    addWinner(drawn, wins)
  }
  return wins.map((count) => count / draws)
}

/** L with L L' = M for a positive semi-definite M: a row without variance of its own gets a zero pivot. */
function semidefiniteRoot(matrix: Float64Array, dimension: number): Float64Array {
  checkCovariance(matrix, dimension)
  const root = new Float64Array(matrix.length)
  for (let i = 0, row = 0; i < dimension; row += ++i) {
    const own = matrix[row + i]!
    let rest = own
    for (let j = 0, other = 0; j < i; other += ++j) {
      let entry = matrix[row + j]!
      for (let k = 0; k < j; k++) entry -= root[row + k]! * root[other + k]!
      const pivot = root[other + j]!
      const value = pivot === 0 ? 0 : entry / pivot
      root[row + j] = value
      rest -= value * value
    }
    if (!(rest >= -ROUNDED * own)) {
      throw invalidCovariance(`covariance must be positive semi-definite, row ${i} is not`)
    }
    root[row + i] = rest > TOLERANCE * own ? Math.sqrt(rest) : 0
  }
  return root
}

function checkCovariance(matrix: Float64Array, dimension: number): void {
  if (matrix.length !== packedLength(dimension)) {
    throw invalidCovariance(`covariance.length must be ${packedLength(dimension)}, got ${matrix.length}`)
  }
  for (let i = 0; i < dimension; i++) {
    const own = matrix[packedIndex(i, i)]!
    if (own >= 0 && own < Infinity) continue
    throw invalidCovariance(`variance of score ${i} must be a finite number ≥ 0, got ${own}`)
  }
}

// Below this share of its own variance what is left of a row is rounding, and counts as nothing: a smaller pivot would blow
// the rounding of later rows up. Leaving it out moves a score by 1e-4 of its standard deviation.
const TOLERANCE = 1e-8
// What rounding may add up to over many near copies of one action; more than that below zero is no covariance.
const ROUNDED = 1e-6

function invalidCovariance(message: string): PalomaError {
  return new PalomaError('COVARIANCE_INVALID', message, { hint: 'covariances must come from one posterior' })
}

/** Marsaglia's polar method, two normals at a time. */
function fillNormals(out: Float64Array, random: () => number): void {
  for (let k = 0; k < out.length; k += 2) {
    let u = 0
    let v = 0
    let radius = 0
    do {
      u = 2 * random() - 1
      v = 2 * random() - 1
      radius = u * u + v * v
    } while (radius >= 1 || radius === 0)
    const factor = Math.sqrt((-2 * Math.log(radius)) / radius)
    out[k] = u * factor
    if (k + 1 < out.length) out[k + 1] = v * factor
  }
}

function drawScores(
  scores: Float64Array,
  { root, normals }: { readonly root: Float64Array; readonly normals: Float64Array },
  out: Float64Array,
): void {
  for (let i = 0, row = 0; i < scores.length; row += ++i) {
    let score = scores[i]!
    for (let j = 0; j <= i; j++) score += root[row + j]! * normals[j]!
    out[i] = score
  }
}

/** One win for the largest score, shared where several are as large but for rounding. */
function addWinner(drawn: Float64Array, wins: Float64Array): void {
  let best = Number.NEGATIVE_INFINITY
  let size = 0
  for (const score of drawn) {
    best = Math.max(best, score)
    size = Math.max(size, Math.abs(score))
  }
  const least = best - ROUNDING * size
  let ties = 0
  for (const score of drawn) if (score >= least) ties += 1
  for (let k = 0; k < drawn.length; k++) if (drawn[k]! >= least) wins[k] = wins[k]! + 1 / ties
}

// Copies of one action differ by some last bits.
const ROUNDING = 1e-12

import { packedLength } from '../numeric/index.ts'
import { noVectorMoments, type VectorMoments } from './vector-moments.ts'

/** What one unit of an adaptive phase says of one arm, whichever arm was drawn. */
export interface AdaptiveDraw {
  /** Logged chance of the arm at that moment, in [0, 1]; > 0 where it was drawn. */
  readonly chance: number
  readonly isChosen: boolean
  /** The unit's numbers; looked at only where the arm was drawn. */
  readonly row: ArrayLike<number>
}

/** One arm of a bandit, unit by unit in the order of assignment. */
export interface AdaptiveArm {
  add(draw: AdaptiveDraw): void
  /**
   * So far: the units drawn, the weighted averages of their numbers as `mean`, and `cross` such that cross / (n − 1) / n is the
   * covariance matrix of these averages, as of any mean; not to be merged with other moments of the same phase.
   */
  moments(): VectorMoments
}

/**
 * Variance-stabilised averages of one arm in a phase whose allocation followed the data, from logged chances e_t: augmented
 * inverse-probability scores Γ_t = m_{t−1} + 1{drawn} (y_t − m_{t−1}) / e_t, m the arm's plain mean so far, with weights h_t = √e_t
 * (Hadad, Hirshberg, Zhan, Wager & Athey 2021, eq. 5 and 11): Q = Σ h Γ / Σ h, V = Σ h² (Γ − Q)(Γ − Q)' / (Σ h)². Numbers of one unit
 * share its weight, so that ratios and several metrics have a joint covariance. Assumes units in the order of assignment whose
 * chances depended on earlier units alone. `start` is what the numbers are guessed at before the first draw; absent: 0. Fails where chances go to 0 faster than 1/t, or were not logged. Throws a RangeError for a
 * chance outside [0, 1], or of 0 for the arm that was drawn.
 */
export function adaptiveArm(dimension: number, start: Float64Array = new Float64Array(dimension)): AdaptiveArm {
  const sums = {
    n: 0,
    mean: start.slice(),
    // Σ h and the averages under it; Σ h², the averages under that, and centred products.
    ...{ weight: 0, average: new Float64Array(dimension) },
    ...{ square: 0, centre: new Float64Array(dimension), spread: new Float64Array(packedLength(dimension)) },
  }
  const score = new Float64Array(dimension)
  return {
    add({ chance, isChosen, row }) {
      checkChance(chance, isChosen)
      if (chance === 0) return
      for (let i = 0; i < dimension; i++) {
        score[i] = sums.mean[i]! + (isChosen ? (row[i]! - sums.mean[i]!) / chance : 0)
      }
      addScore(sums, score, chance)
      if (!isChosen) return
      sums.n += 1
      for (let i = 0; i < dimension; i++) sums.mean[i] = sums.mean[i]! + (row[i]! - sums.mean[i]!) / sums.n
    },
    moments: () => asMoments(sums),
  }
}

function checkChance(chance: number, isChosen: boolean): void {
  if (chance >= 0 && chance <= 1 && !(isChosen && chance === 0)) return
  throw new RangeError(`chance of a row must be in [0, 1], > 0 for the chosen arm, got ${chance}`)
}

interface Sums {
  readonly n: number
  weight: number
  readonly average: Float64Array
  square: number
  readonly centre: Float64Array
  readonly spread: Float64Array
}

function addScore(sums: Sums, score: Float64Array, chance: number): void {
  const { average, centre, spread } = sums
  // h = √e, so h² = e: West's weighted updates (1979) for both averages.
  sums.weight += Math.sqrt(chance)
  sums.square += chance
  const [step, share] = [Math.sqrt(chance) / sums.weight, chance / sums.square]
  for (let i = 0, k = 0; i < score.length; i++) {
    const scaled = chance * (1 - share) * (score[i]! - centre[i]!)
    for (let j = 0; j <= i; j++, k++) spread[k] = spread[k]! + scaled * (score[j]! - centre[j]!)
  }
  for (let i = 0; i < score.length; i++) {
    average[i] = average[i]! + step * (score[i]! - average[i]!)
    centre[i] = centre[i]! + share * (score[i]! - centre[i]!)
  }
}

function asMoments({ n, weight, average, square, centre, spread }: Sums): VectorMoments {
  if (n === 0) return noVectorMoments(average.length)
  const cross = spread.slice()
  // V · n (n − 1), moved from the centre under h² to the average under h.
  const scale = (n * (n - 1)) / weight ** 2
  for (let i = 0, k = 0; i < average.length; i++) {
    for (let j = 0; j <= i; j++, k++) {
      cross[k] = scale * (spread[k]! + square * (centre[i]! - average[i]!) * (centre[j]! - average[j]!))
    }
  }
  return { n, mean: average.slice(), cross }
}

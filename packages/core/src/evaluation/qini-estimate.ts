import { type Estimate, meanInterval, momentsOf, undefinedEstimate } from '../statistics/index.ts'
import { rankByScore } from './rank-by-score.ts'
import { checkUpliftData, type UpliftData } from './uplift-data.ts'

/** A ranking by uplift judged on users it has not seen. */
export interface QiniEstimate {
  /**
   * Area between Qini curve and diagonal, per user and averaged over all shares of users: what treating the highest scores first
   * brings more than treating as many by chance, in responses of the treated share.
   */
  readonly area: Estimate
  /** The area over that of the perfect order, as `qiniCoefficient`; undefined unless responses are all 0 or 1. */
  readonly coefficient: Estimate
}

/**
 * Qini area and coefficient with intervals from their influence functions: both are smooth functionals of the joint distribution of
 * score, treatment and response, so that √n (estimate − truth) is normal with the variance of the influence function (van der
 * Vaart 1998, §20). Score, treatment and response of a user are drawn together and users independently; scores come from users
 * outside the data, treatment has one probability for all. Fails with few responders, where the coefficient's divisor is itself
 * uncertain and its interval too narrow. Throws UPLIFT_DATA_INVALID.
 */
export function qiniEstimate(data: UpliftData, level: number): QiniEstimate {
  checkUpliftData(data, { isBinary: false })
  const { treated, responded } = data
  const n = treated.length
  let users = 0
  for (let i = 0; i < n; i++) users += treated[i]!
  if (users < 2 || n - users < 2) {
    return { area: undefinedEstimate('too-few-units'), coefficient: undefinedEstimate('too-few-units') }
  }
  const own = areaInfluence(data)
  const area = estimateOf(own.area, own.influence, level)
  for (let i = 0; i < n; i++) {
    if (responded[i] !== 0 && responded[i] !== 1) return { area, coefficient: undefinedEstimate('no-test') }
  }
  const perfect = areaInfluence({
    ...data,
    scores: Float64Array.from({ length: n }, (_, i) => responded[i]! * (2 * treated[i]! - 1)),
  })
  if (!(perfect.area > 0)) return { area, coefficient: undefinedEstimate('zero-variance') }
  const ratio = own.area / perfect.area
  const influence = own.influence.map((value, i) => (value - ratio * perfect.influence[i]!) / perfect.area)
  return { area, coefficient: estimateOf(ratio, influence, level) }
}

function estimateOf(value: number, influence: Float64Array, level: number): Estimate {
  const { n, m2 } = momentsOf(influence)
  return meanInterval({ n, mean: value, m2 }, level)
}

interface Influence {
  readonly area: number
  readonly influence: Float64Array
}

/** Runs of equal scores, from the highest down: the share of users in each, and the four sums up to its end, per user. */
interface Run {
  readonly share: number
  readonly treated: number
  readonly others: number
  readonly ofTreated: number
  readonly ofOthers: number
}

/**
 * The area A = Σ_j p_j (g_j + g_{j−1}) / 2 − g_J / 2 over runs j of share p_j, g = R_t − m N_t with m = R_c / N_c, and what each user adds to it:
 * user i of run j moves every later g by D (y − m) − (1 − D) (N_t / N_c) (y − m), and the outer mean by his own (g_j + g_{j−1}) / 2.
 */
function areaInfluence(data: UpliftData): Influence {
  const { runs, runOf } = runsOf(data)
  const gains = runs.map(({ treated, others, ofTreated, ofOthers }) =>
    others === 0 ? ofTreated : ofTreated - (ofOthers * treated) / others,
  )
  const last = gains.length - 1
  // What a user of run j carries into all runs from j on: Σ c, Σ c m, Σ c r, Σ c r m; c_j is the weight of g_j in A.
  const sums = runs.map(() => [0, 0, 0, 0])
  for (let j = last; j >= 0; j--) {
    const { treated, others, ofOthers } = runs[j]!
    const weight = (runs[j]!.share + (runs[j + 1]?.share ?? 0)) / 2 - (j === last ? 1 / 2 : 0)
    const level = others === 0 ? 0 : ofOthers / others
    const odds = others === 0 ? 0 : treated / others
    const after = sums[j + 1] ?? [0, 0, 0, 0]
    sums[j] = [weight, weight * level, weight * odds, weight * odds * level].map((value, k) => value + after[k]!)
  }
  const middle = gains.map((gain, j) => (gain + (gains[j - 1] ?? 0)) / 2)
  const curve = runs.reduce((sum, { share }, j) => sum + share * middle[j]!, 0)
  const area = curve - gains[last]! / 2
  const influence = Float64Array.from({ length: runOf.length }, (_, i) => {
    const [all = 0, level = 0, odds = 0, oddsLevel = 0] = sums[runOf[i]!]!
    const y = data.responded[i]!
    const carried = data.treated[i] === 1 ? y * all - level : oddsLevel - y * odds
    return carried + middle[runOf[i]!]! - (curve + area)
  })
  return { area, influence }
}

function runsOf({ scores, treated, responded }: UpliftData): {
  readonly runs: readonly Run[]
  readonly runOf: Int32Array
} {
  const n = scores.length
  const order = rankByScore(scores)
  const runOf = new Int32Array(n)
  const runs: Run[] = []
  let [start, treatedUsers, otherUsers, ofTreated, ofOthers] = [0, 0, 0, 0, 0]
  for (let rank = 0; rank < n; rank++) {
    const i = order[rank]!
    runOf[i] = runs.length
    if (treated[i] === 1) {
      treatedUsers += 1
      ofTreated += responded[i]!
    } else {
      otherUsers += 1
      ofOthers += responded[i]!
    }
    const next = order[rank + 1]
    if (next !== undefined && scores[next] === scores[i]) continue
    runs.push({
      share: (rank + 1 - start) / n,
      treated: treatedUsers / n,
      others: otherUsers / n,
      ofTreated: ofTreated / n,
      ofOthers: ofOthers / n,
    })
    start = rank + 1
  }
  return { runs, runOf }
}

import { rankByScore } from './rank-by-score.ts'
import { checkUpliftData, type UpliftData } from './uplift-data.ts'

/** Points of a Qini curve: after `counts[i]` users, `gains[i]` responses more than without treatment. */
export interface QiniCurve {
  readonly counts: readonly number[]
  readonly gains: readonly number[]
}

/**
 * The Qini curve (Radcliffe 2007): users from the highest score down; responses of the treated minus those of the others scaled to as
 * many, R_t − R_c N_t / N_c, at every end of a run of equal scores. Where only treated users came so far R_c counts as 0.
 */
export function qiniCurve(data: UpliftData): QiniCurve {
  checkUpliftData(data, { isBinary: false })
  const { scores, treated, responded } = data
  const order = rankByScore(scores)
  const counts = [0]
  const gains = [0]
  let [treatedUsers, otherUsers, treatedResponses, otherResponses] = [0, 0, 0, 0]
  for (let rank = 0; rank < order.length; rank++) {
    const i = order[rank]!
    if (treated[i] === 1) {
      treatedUsers += 1
      treatedResponses += responded[i]!
    } else {
      otherUsers += 1
      otherResponses += responded[i]!
    }
    const next = order[rank + 1]
    if (next !== undefined && scores[next] === scores[i]) continue
    counts.push(rank + 1)
    gains.push(treatedResponses - (otherUsers === 0 ? 0 : (otherResponses * treatedUsers) / otherUsers))
  }
  return { counts, gains }
}

/**
 * Qini coefficient: area between curve and diagonal over the same area of the perfect ranking (treated responders first,
 * untreated responders last), as scikit-uplift's `qini_auc_score` has it. 0 for chance, below 0 for worse; null where the
 * perfect curve has no area. Needs randomised treatment; with unequal shares of treated it weighs the tail.
 */
export function qiniCoefficient(data: UpliftData): number | null {
  checkUpliftData(data)
  const actual = qiniCurve(data)
  const { treated, responded } = data
  const perfectScores = Float64Array.from({ length: treated.length }, (_, i) => responded[i]! * (2 * treated[i]! - 1))
  const perfect = qiniCurve({ ...data, scores: perfectScores })
  const chance = (treated.length * perfect.gains[perfect.gains.length - 1]!) / 2
  const room = areaUnder(perfect) - chance
  return room === 0 ? null : (areaUnder(actual) - chance) / room
}

/** Area by the trapezoid rule. */
function areaUnder({ counts, gains }: QiniCurve): number {
  let area = 0
  for (let i = 1; i < counts.length; i++) area += ((counts[i]! - counts[i - 1]!) * (gains[i]! + gains[i - 1]!)) / 2
  return area
}

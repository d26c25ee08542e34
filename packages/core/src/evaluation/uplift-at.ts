import { PalomaError } from '../domain/index.ts'
import { rankByScore } from './rank-by-score.ts'
import { checkUpliftData, type UpliftData } from './uplift-data.ts'

/**
 * Response rate of the treated minus that of the others among the `share` of users with the highest scores, both groups
 * ranked together (scikit-uplift's `uplift_at_k` with strategy "overall"; equal scores at the cut fall as the rows stand). Null when one group is missing there.
 * Throws SHARE_OUT_OF_RANGE.
 */
export function upliftAt(data: UpliftData, share: number): number | null {
  checkUpliftData(data)
  if (!(share > 0 && share < 1)) throw new PalomaError('SHARE_OUT_OF_RANGE', `share must be in (0, 1), got ${share}`)
  const top = rankByScore(data.scores).subarray(0, Math.floor(data.scores.length * share))
  const users = [0, 0]
  const responses = [0, 0]
  for (const i of top) {
    const group = data.treated[i]!
    users[group] = users[group]! + 1
    responses[group] = responses[group]! + data.responded[i]!
  }
  if (users[0] === 0 || users[1] === 0) return null
  return responses[1]! / users[1]! - responses[0]! / users[0]!
}

import { PalomaError } from '../domain/index.ts'

/**
 * Guaranteed traffic for new messages: p ← (1 − share) p + share / (number of new actions) on the new ones, so that every new
 * action keeps at least share / number of new. Without a new action nothing changes; with new ones alone every action is
 * new and the guarantee is a floor. Throws TRAFFIC_INVALID unless `share` is in [0, 1] and `isNew` has one entry per action.
 */
export function guaranteeTraffic(probabilities: Float64Array, isNew: readonly boolean[], share: number): Float64Array {
  if (!(share >= 0 && share <= 1)) throw new PalomaError('TRAFFIC_INVALID', `share must be in [0, 1], got ${share}`)
  if (isNew.length !== probabilities.length) {
    throw new PalomaError('TRAFFIC_INVALID', `isNew.length must be ${probabilities.length}, got ${isNew.length}`)
  }
  const count = isNew.filter(Boolean).length
  if (count === 0) return probabilities
  return probabilities.map((p, k) => (1 - share) * p + (isNew[k] === true ? share / count : 0))
}

import type { Action, EpochMs, LearningFeatures, SentFeatures } from '../domain/index.ts'
import { numbersOf } from '../numeric/index.ts'
import { countsNow, offeredMessages } from './offered-messages.ts'

/** Action-centred features (Greenewald et al. 2017): the choice minus its mean under the logged distribution. */
export function learningFeatures(
  actions: readonly Action[],
  probabilities: Float64Array,
  choice: {
    readonly chosen: number
    readonly now: EpochMs
    /** Features of the actions, row by row, those of the moment, and room for the mean. */
    readonly scratch: { readonly psi: Float64Array; readonly centred: Float64Array; readonly baseline: Float64Array }
    readonly sent: SentFeatures | null
    /** By action, where messages are learned of by themselves. */
    readonly messages: readonly (string | null)[] | null
  },
): LearningFeatures | null {
  const { chosen, now, scratch, sent, messages } = choice
  if (!countsNow(actions[chosen]!, now)) return null
  let mass = 0
  let largest = 0
  for (let i = 0; i < actions.length; i += 1) {
    if (!countsNow(actions[i]!, now)) continue
    mass += probabilities[i]!
    largest = Math.max(largest, probabilities[i]!)
  }
  if (largest >= mass) return null // without chance there is nothing to learn about effects
  const { psi, centred, baseline } = scratch
  const width = centred.length
  for (let j = 0; j < width; j += 1) centred[j] = psi[chosen * width + j]!
  for (let i = 0; i < actions.length; i += 1) {
    if (!countsNow(actions[i]!, now)) continue
    const share = probabilities[i]! / mass
    for (let j = 0, at = i * width; j < width; j += 1, at += 1) centred[j] = centred[j]! - share * psi[at]!
  }
  const features = { baseline: numbersOf(baseline), centred: numbersOf(centred), sent }
  if (messages === null) return features
  return { ...features, messages: offeredMessages({ actions, messages, probabilities, chosen, now }) }
}

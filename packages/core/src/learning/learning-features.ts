import {
  type Action,
  type ActionRows,
  type EpochMs,
  firstSend,
  type LearningFeatures,
  type SentFeatures,
  weighActions,
} from '../domain/index.ts'
import { numbersOf } from '../numeric/index.ts'
import { countsNow, offeredMessages } from './offered-messages.ts'

/** Features of the sends and of the moment, and room for what is made of them; `weights` has one number per action. */
interface LearningScratch {
  readonly fullRows: ActionRows
  readonly baseline: Float64Array
  readonly weights: Float64Array
  readonly sums: Float64Array
  readonly centred: Float64Array
}

/** Action-centred features (Greenewald et al. 2017): the choice minus its mean under the logged distribution. */
export function learningFeatures(
  actions: readonly Action[],
  probabilities: Float64Array,
  choice: {
    readonly chosen: number
    readonly now: EpochMs
    readonly scratch: LearningScratch
    readonly sent: SentFeatures | null
    /** By action, where messages are learned of by themselves. */
    readonly messages: readonly (string | null)[] | null
  },
): LearningFeatures | null {
  const { chosen, now, scratch, sent, messages } = choice
  if (!countsNow(actions[chosen]!, now)) return null
  const { fullRows, baseline, weights, sums, centred } = scratch
  let mass = 0
  let largest = 0
  for (let i = 0; i < actions.length; i += 1) {
    const probability = countsNow(actions[i]!, now) ? probabilities[i]! : 0
    weights[i] = -probability
    mass += probability
    if (probability > largest) largest = probability
  }
  if (largest >= mass) return null // without chance there is nothing to learn about effects
  for (let i = 0; i < weights.length; i += 1) weights[i] = weights[i]! / mass
  weights[chosen] = weights[chosen]! + 1
  weighActions(fullRows, { weights, first: firstSend(actions), sums, out: centred })
  const features = { baseline: numbersOf(baseline), centred: numbersOf(centred), sent }
  if (messages === null) return features
  return { ...features, messages: offeredMessages({ actions, messages, probabilities, chosen, now }) }
}

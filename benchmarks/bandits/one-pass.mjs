// A classification set as a bandit: one pass, reward 1 for the right class, drawn from the distribution that is logged.
import { cpuUsage } from 'node:process'
import {
  createBandit,
  hash53,
  learnBandit,
  mixFloor,
  openHorizonSharpness,
  predictBandit,
  sampleIndex,
  thompson,
} from '@paloma/core'

/** The one configuration for every set. */
export const FLOOR = 0.01

/** Paloma's learner and policy as they ship; answers distributions and learns rewards. */
export function paloma({ actions, features }) {
  const bandit = createBandit({ actions, features })
  const out = { means: new Float64Array(actions), variances: new Float64Array(actions) }
  let decisions = 0
  return {
    distribution(context) {
      predictBandit(bandit, context, out)
      return mixFloor(thompson(out.means, out.variances, openHorizonSharpness(decisions++)), FLOOR)
    },
    learn(context, action, reward) {
      learnBandit(bandit, context, { action, reward })
    },
  }
}

/**
 * The progressive loss of a learner on a set and what it logged: action and propensity of every decision. Decision t is
 * drawn with the uniform number of its own id, so each can be replayed alone. Speed is per second of CPU time, decision,
 * draw, logging and learning together.
 */
export function onePass(set, create, { seed = '1' } = {}) {
  const { name, contexts, classes } = set
  const learner = create(set, { seed })
  const log = { actions: new Int32Array(contexts.length), propensities: new Float64Array(contexts.length) }
  let wrong = 0
  const before = cpuUsage()
  for (let t = 0; t < contexts.length; t++) {
    const probabilities = learner.distribution(contexts[t])
    const action = sampleIndex(probabilities, hash53(name, seed, String(t)))
    log.actions[t] = action
    log.propensities[t] = probabilities[action]
    const reward = action === classes[t] ? 1 : 0
    wrong += 1 - reward
    learner.learn(contexts[t], action, reward)
  }
  const { user, system } = cpuUsage(before)
  return { loss: wrong / contexts.length, decisionsPerSecond: contexts.length / ((user + system) / 1e6), log }
}

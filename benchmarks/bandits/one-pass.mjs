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
export function paloma({ actions, features }, { floor = FLOOR } = {}) {
  const bandit = createBandit({ actions, features })
  const out = { means: new Float64Array(actions), variances: new Float64Array(actions) }
  let decisions = 0
  return {
    distribution(context) {
      predictBandit(bandit, context, out)
      const chances = thompson(out.means, out.variances, openHorizonSharpness(decisions++))
      return mixFloor(chances, floor, chances)
    },
    learn(context, action, reward) {
      learnBandit(bandit, context, { action, reward })
    },
  }
}

/** Another learner whose choices keep a floor too. */
export const withFloor = (create, floor) => (set, options) => {
  const learner = create(set, options)
  return {
    distribution: (context) => mixFloor(learner.distribution(context), floor),
    learn: learner.learn,
  }
}

/** Rows that a learner of the same shape goes through before time is taken, so that the machine code is there. */
const WARM_UP = 20_000

/**
 * The progressive loss of a learner on a set and what it logged: action and propensity of every decision. Decision t is
 * drawn with the uniform number of its own id, so each can be replayed alone. Speed is per second of CPU time of the whole
 * process, after warm-up: decision, draw, logging and learning together.
 */
export function onePass(set, create, { seed = '1' } = {}) {
  pass(set, create(set, { seed }), { seed, rows: Math.min(WARM_UP, set.contexts.length) })
  const learner = create(set, { seed })
  const before = cpuUsage()
  const { wrong, log } = pass(set, learner, { seed, rows: set.contexts.length })
  const { user, system } = cpuUsage(before)
  const rows = set.contexts.length
  return { loss: wrong / rows, decisionsPerSecond: rows / ((user + system) / 1e6), log }
}

function pass({ name, contexts, classes }, learner, { seed, rows }) {
  const log = { actions: new Int32Array(rows), propensities: new Float64Array(rows) }
  let wrong = 0
  for (let t = 0; t < rows; t++) {
    const probabilities = learner.distribution(contexts[t])
    const action = sampleIndex(probabilities, hash53(name, seed, String(t)))
    log.actions[t] = action
    log.propensities[t] = probabilities[action]
    const reward = action === classes[t] ? 1 : 0
    wrong += 1 - reward
    learner.learn(contexts[t], action, reward)
  }
  return { wrong, log }
}

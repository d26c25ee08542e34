// The classical ways to explore, each over the same ridge regressions on (1, context), with a floor: what the contextual bandit is to beat.
import {
  createBandit,
  learnBandit,
  mixFloor,
  packedDiagonal,
  packedGain,
  predictBandit,
  quadraticForm,
  randomFrom,
  squareCb,
  subtractOuterProduct,
} from '@paloma/core'
import { FLOOR } from './one-pass.mjs'

// Rewards are 1 and 0 and weights start at 0, so an action never tried is expected to bring nothing: losses of −1 and 0, not 0 and 1
// (Bietti, Agarwal & Langford 2021 find that this matters).
const RIDGE = 1

/** A ridge regression of rewards on (1, context) by rank-1 steps. */
function ridge(dimension) {
  const weights = new Float64Array(dimension)
  const covariance = packedDiagonal(new Float64Array(dimension).fill(1 / RIDGE))
  const gain = new Float64Array(dimension)
  return {
    mean: (phi) => dot(weights, phi),
    form: (phi) => Math.max(0, quadraticForm(covariance, phi)),
    learn(phi, reward, weight = 1) {
      const error = reward - dot(weights, phi)
      const shrink = weight / (1 + weight * packedGain(covariance, phi, gain))
      for (let i = 0; i < phi.length; i++) weights[i] += shrink * error * gain[i]
      subtractOuterProduct(covariance, gain, shrink)
    },
  }
}

const heads = ({ actions, features }) => Array.from({ length: actions }, () => ridge(features + 1))

/** The best guess, and any action with probability ε. */
export const epsilonGreedy =
  ({ epsilon }) =>
  (set) => {
    const models = heads(set)
    return overFeatures(set, {
      distribution: (phi) => mixFloor(pointAt(models.map((model) => model.mean(phi))), epsilon),
      learn: (phi, action, reward) => models[action].learn(phi, reward),
    })
  }

/**
 * RegCB (Foster, Agarwal, Dudík, Luo & Schapire 2018): the regressions whose squared error is within width · ln(K t) of the least bound
 * what each action may bring; in closed form for a ridge. Optimistic: the largest upper bound is taken. Elimination: all alike whose upper bound
 * reaches the largest lower one.
 */
export const regCb =
  ({ width, eliminates = false }) =>
  (set) => {
    const models = heads(set)
    let decisions = 0
    return overFeatures(set, {
      distribution(phi) {
        decisions += 1
        const slack = width * Math.log(set.actions * decisions + 1)
        const means = models.map((model) => model.mean(phi))
        const halves = models.map((model) => Math.sqrt(slack * model.form(phi)))
        const upper = means.map((mean, k) => mean + halves[k])
        if (!eliminates) return mixFloor(pointAt(upper), FLOOR)
        const bar = Math.max(...means.map((mean, k) => mean - halves[k]))
        return mixFloor(alike(upper.map((bound) => bound >= bar)), FLOOR)
      },
      learn: (phi, action, reward) => models[action].learn(phi, reward),
    })
  }

/** Bootstrapped Thompson sampling (Eckles & Kaptein 2014): each of N learners counts a reward Poisson(1) times; an action's probability is its share of their best guesses. */
export const bootstrapThompson =
  ({ learners }) =>
  (set, { seed }) => {
    const bags = Array.from({ length: learners }, () => heads(set))
    const random = randomFrom(`bootstrap ${set.name} ${seed}`)
    return overFeatures(set, {
      distribution: (phi) => mixFloor(votes(set.actions, guessesOf(bags, phi)), FLOOR),
      learn(phi, action, reward) {
        for (const models of bags) {
          const times = poissonOne(random)
          if (times > 0) models[action].learn(phi, reward, times)
        }
      },
    })
  }

/**
 * Online cover (Agarwal, Hsu, Kale, Langford, Li & Schapire 2014, as in Bietti et al. 2021, algorithm 4): N policies, each after the first paid ψ ε / p for
 * actions that those before it leave rare. Rewards of actions not taken are estimated doubly robustly; since every policy then sees every context, all
 * regressions share one covariance.
 */
export const onlineCover =
  ({ policies, psi }) =>
  (set) => {
    const { actions } = set
    const models = heads(set)
    const cover = Array.from({ length: policies }, () => sharedRidges(set))
    const covariance = packedDiagonal(new Float64Array(set.features + 1).fill(1 / RIDGE))
    const gain = new Float64Array(set.features + 1)
    let decisions = 0
    let logged = null
    const least = () => Math.min(1 / actions, 1 / Math.sqrt(actions * decisions))
    return overFeatures(set, {
      distribution(phi) {
        decisions += 1
        const guesses = cover.map((policy) => policy.guess(phi))
        const spread = mixFloor(votes(actions, guesses), actions * least())
        logged = { guesses, chances: mixFloor(spread, FLOOR) }
        return logged.chances
      },
      learn(phi, action, reward) {
        const { guesses, chances } = logged
        const estimates = models.map((model) => model.mean(phi))
        estimates[action] += (reward - estimates[action]) / chances[action]
        const shrink = 1 / (1 + packedGain(covariance, phi, gain))
        cover.forEach((policy, i) => {
          const before = i === 0 ? null : mixFloor(votes(actions, guesses.slice(0, i)), actions * least())
          const paid = estimates.map((estimate, k) => estimate + (before === null ? 0 : (psi * least()) / before[k]))
          policy.step(phi, paid, { gain, shrink })
        })
        subtractOuterProduct(covariance, gain, shrink)
        models[action].learn(phi, reward)
      },
    })
  }

/** Paloma's heads under another policy: what is left of its lead is the policy's, the rest the heads'. */
const onHeads = (policy) => (set) => {
  const bandit = createBandit(set)
  const out = { means: new Float64Array(set.actions), variances: new Float64Array(set.actions) }
  let decisions = 0
  return {
    distribution(context) {
      decisions += 1
      predictBandit(bandit, context, out)
      return mixFloor(policy({ ...out, slack: Math.log(set.actions * decisions + 1), decisions }), FLOOR)
    },
    learn: (context, action, reward) => learnBandit(bandit, context, { action, reward }),
  }
}

const optimistic =
  (width) =>
  ({ means, variances, slack }) =>
    pointAt(Array.from(means, (mean, k) => mean + Math.sqrt(width * slack * variances[k])))

/** One regression per action without covariances of their own. */
function sharedRidges({ actions, features }) {
  const weights = Array.from({ length: actions }, () => new Float64Array(features + 1))
  return {
    guess: (phi) => pointAt(weights.map((each) => dot(each, phi))),
    step(phi, targets, { gain, shrink }) {
      weights.forEach((each, k) => {
        const step = shrink * (targets[k] - dot(each, phi))
        for (let i = 0; i < each.length; i++) each[i] += step * gain[i]
      })
    },
  }
}

/** Every way with several settings, so that none loses by its setting alone. */
export const BASELINES = {
  'epsilon-greedy .02': epsilonGreedy({ epsilon: 0.02 }),
  'epsilon-greedy .1': epsilonGreedy({ epsilon: 0.1 }),
  'RegCB optimistic .001': regCb({ width: 0.001 }),
  'RegCB optimistic .01': regCb({ width: 0.01 }),
  'RegCB optimistic .1': regCb({ width: 0.1 }),
  'RegCB elimination .001': regCb({ width: 0.001, eliminates: true }),
  'RegCB elimination .01': regCb({ width: 0.01, eliminates: true }),
  'bootstrapped Thompson 4': bootstrapThompson({ learners: 4 }),
  'bootstrapped Thompson 16': bootstrapThompson({ learners: 16 }),
  'online cover 4, psi .1': onlineCover({ policies: 4, psi: 0.1 }),
  'online cover 16, psi .1': onlineCover({ policies: 16, psi: 0.1 }),
  'online cover 4, psi .01': onlineCover({ policies: 4, psi: 0.01 }),
  'Paloma’s heads, greedy': onHeads(({ means }) => pointAt(Array.from(means))),
  'Paloma’s heads, RegCB optimistic .01': onHeads(optimistic(0.01)),
  'Paloma’s heads, RegCB optimistic .1': onHeads(optimistic(0.1)),
  'Paloma’s heads, SquareCB 10 √t': onHeads(({ means, decisions }) => squareCb(means, 10 * Math.sqrt(decisions))),
}

/** Turns contexts into (1, context) for a learner that looks at features. */
function overFeatures({ features }, learner) {
  const phi = new Float64Array(features + 1)
  const fill = (context) => {
    phi[0] = 1
    phi.set(context, 1)
    return phi
  }
  return {
    distribution: (context) => learner.distribution(fill(context)),
    learn: (context, action, reward) => learner.learn(fill(context), action, reward),
  }
}

/** All on the best; ties alike. */
function pointAt(scores) {
  const most = Math.max(...scores)
  return alike(scores.map((score) => score === most))
}

function alike(chosen) {
  const count = chosen.filter(Boolean).length
  return Float64Array.from(chosen, (is) => (is ? 1 / count : 0))
}

/** Every learner has one vote; where its best are several, each gets a part. */
function votes(actions, guesses) {
  const shares = new Float64Array(actions)
  for (const guess of guesses) for (let k = 0; k < actions; k++) shares[k] += guess[k] / guesses.length
  return shares
}

const guessesOf = (bags, phi) => bags.map((models) => pointAt(models.map((model) => model.mean(phi))))

function poissonOne(random) {
  const limit = Math.exp(-1)
  let product = random()
  let count = 0
  while (product > limit) {
    product *= random()
    count += 1
  }
  return count
}

function dot(a, b) {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}

// What the contextual bandit is compared with: plain disjoint linear Thompson sampling, and a learner that sees every reward.
import { packedDiagonal, packedGain, quadraticForm, randomFrom, subtractOuterProduct } from '@paloma/core'

const RIDGE = 1
const SPREAD = 0.1

/**
 * Linear Thompson sampling (Agrawal & Goyal 2013) with a ridge regression per action, λ = 1 and v = .1, on (1, context): one
 * draw per action, the largest is taken. It knows no propensities and keeps no floor.
 */
export function linearThompson(set, { seed }) {
  const phi = new Float64Array(set.features + 1)
  const gain = new Float64Array(phi.length)
  const means = Array.from({ length: set.actions }, () => new Float64Array(phi.length))
  const covariances = means.map(() => packedDiagonal(new Float64Array(phi.length).fill(1 / RIDGE)))
  const normal = normals(`linear Thompson ${set.name} ${seed}`)
  return {
    distribution(context) {
      fill(phi, context)
      const scores = means.map((mean, k) => dot(mean, phi) + SPREAD * rootForm(covariances[k], phi) * normal())
      return Float64Array.from(scores, (score) => (score === Math.max(...scores) ? 1 : 0))
    },
    learn(context, action, reward) {
      fill(phi, context)
      const error = reward - dot(means[action], phi)
      const shrink = 1 / (1 + packedGain(covariances[action], phi, gain))
      for (let i = 0; i < phi.length; i++) means[action][i] += shrink * error * gain[i]
      subtractOuterProduct(covariances[action], gain, shrink)
    },
  }
}

/** Progressive loss of linear one-against-all ridge regression that is told the right class after every row. */
export function oneAgainstAll({ contexts, classes, actions, features }) {
  const phi = new Float64Array(features + 1)
  const gain = new Float64Array(phi.length)
  const covariance = packedDiagonal(new Float64Array(phi.length).fill(1 / RIDGE))
  const means = Array.from({ length: actions }, () => new Float64Array(phi.length))
  let wrong = 0
  contexts.forEach((context, t) => {
    fill(phi, context)
    const scores = means.map((mean) => dot(mean, phi))
    if (scores.indexOf(Math.max(...scores)) !== classes[t]) wrong += 1
    const shrink = 1 / (1 + packedGain(covariance, phi, gain))
    for (const [k, mean] of means.entries()) {
      const step = shrink * ((classes[t] === k ? 1 : 0) - scores[k])
      for (let i = 0; i < phi.length; i++) mean[i] += step * gain[i]
    }
    subtractOuterProduct(covariance, gain, shrink)
  })
  return wrong / contexts.length
}

function fill(phi, context) {
  phi[0] = 1
  phi.set(context, 1)
}

function dot(a, b) {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}

function rootForm(covariance, phi) {
  return Math.sqrt(Math.max(0, quadraticForm(covariance, phi)))
}

/** Box & Muller. */
function normals(key) {
  const random = randomFrom(key)
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

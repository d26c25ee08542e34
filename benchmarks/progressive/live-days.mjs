import { randomFrom, sampleIndex, thompson } from '@paloma/core'
import { drawMessage, drawTrace, HORIZON, total } from './generator.mjs'

/**
 * 50 users a day, each sent one of the messages by Thompson sampling on the learner's beliefs of the morning (a pmf per
 * day, by quadrature). A day of a user closes at its end.
 *
 * @returns regret per user: the best message's expected sum over 59 days less that of the one sent, as a share of uniform's
 */
export function liveDays(makeLearner, { filters, messages, usersPerDay, days, seed, loyalty }) {
  const thetas = Array.from({ length: messages }, (_, m) => drawMessage(`arm ${seed} ${loyalty} ${m}`, loyalty))
  const worths = thetas.map(total)
  const best = Math.max(...worths)
  const learner = makeLearner({ ...filters, messages })
  const users = []
  let regret = 0
  for (let day = 0; day < days; day += 1) {
    for (const user of users) {
      if (day - user.day > HORIZON) continue
      learner.learn(user.message, user.trace, day - user.day)
    }
    const beliefs = learner.beliefs()
    const probabilities = thompson(
      Float64Array.from(beliefs, ({ mean }) => mean),
      Float64Array.from(beliefs, ({ variance }) => variance),
      1,
    )
    for (let u = 0; u < usersPerDay; u += 1) {
      const random = randomFrom(`user ${seed} ${day} ${u}`)
      const message = sampleIndex(probabilities, random())
      users.push({ day, message, trace: drawTrace(thetas[message], random) })
      regret += best - worths[message]
    }
  }
  return regret / (days * usersPerDay * (best - total(worths) / messages))
}

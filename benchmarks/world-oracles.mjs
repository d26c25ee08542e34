// What somebody who knows every response truly would gain over the cadence that is best in most worlds, rule by rule: where
// a learner can gain at all. Rules are greedy from day to day, so near the optimum and not at it.
import { createWorld, runWorld, scenarioNamed } from '@paloma/core/simulation'
import { machine } from './measure/machine.mjs'
import { flagsOf, publish, table } from './measure/report.mjs'
import { fixedCadence } from './world/cadences.mjs'

const flags = flagsOf({
  scenario: { type: 'string', default: 'retail' },
  seed: { type: 'string', default: '1' },
  users: { type: 'string', default: '1000' },
})
const [seed, users] = [Number(flags.seed), Number(flags.users)]
const DAYS = 180
const DAY_MS = 86_400_000
const START_AT = Date.UTC(2026, 2, 2)
const CHANNELS = ['push', 'email', 'in-app']
const HOURS = [9, 19]
/** Of in-app messages that were seen; what was not seen tires nobody. */
const USUAL_REACTION = 0.25
const world = createWorld({ scenario: scenarioNamed(flags.scenario), users, days: DAYS, seed, startAt: START_AT })
const { channels: truth } = world.options.scenario

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
const perUser = (value) => Object.fromEntries(CHANNELS.map((channel) => [channel, new Float64Array(users).fill(value)]))

/** Half-life of a channel's fatigue in days, summed from tomorrow on. */
const tomorrowOn = (channel) => truth[channel].fatigueHalfLifeDays / Math.LN2 - 0.5

/** What is known of one user's usual sends, by channel: how often, and worth how much beyond the best without it. */
function usualSends() {
  return { rate: perUser(0.1), worth: perUser(0.15), advantage: perUser(0.15) }
}

const scoreIn = ({ score }) => score

/** Every way of sending any of the offers. */
function waysOf(offers, channels) {
  return offers.flatMap((offer) =>
    channels
      .filter((channel) => offer.channels.includes(channel))
      .flatMap((channel) =>
        offer.variants.flatMap(({ name: variant }) =>
          (channel === 'in-app' ? [HOURS[0]] : HOURS).map((localHour) => ({ offer, channel, variant, localHour })),
        ),
      ),
  )
}

/** An oracle that minds the message whose place it takes, the fatigue it leaves, and what a channel will still carry. */
function oracle({ channels = CHANNELS, minds }) {
  const { rate, worth, advantage } = usualSends()
  const waiting = new Array(users).fill(null)

  function scoreOf({ user, day, offer, channel, variant, localHour }) {
    const hour = world.momentAt(user, day, localHour)
    const at = hour < offer.window.notBefore ? hour + DAY_MS : hour
    const effect = world.expect({ channel, variant, opportunityId: offer.id, at })
    const daysLeft = DAYS - day + 30
    const carried = minds.reach ? 60 * rate[channel][user] * advantage[channel][user] : 0.045 * daysLeft
    let score = effect.value - effect.optOut * carried
    score -= effect.uninstall * (carried + 0.65 * effect.naturalValuePerDay * daysLeft)
    const unseen = waiting[user]
    if (minds.place && channel === 'in-app' && unseen !== null && unseen.until > at) {
      score -= unseen.worth * Math.min(1, (unseen.until - at) / (offer.window.expires - at))
    }
    const seen = channel === 'in-app' ? Math.min(1, effect.response / USUAL_REACTION) : 1
    const tiring = seen * truth[channel].fatigueWeight * tomorrowOn(channel)
    if (minds.fatigue) score -= rate[channel][user] * worth[channel][user] * tiring
    return { score, value: effect.value, send: { offer, channel, variant, localHour } }
  }

  function note(user, best, alternatives) {
    for (const channel of channels) {
      const isUsed = best?.send.channel === channel
      rate[channel][user] += ((isUsed ? 1 : 0) - rate[channel][user]) / 28
      if (!isUsed) continue
      const other = Math.max(0, ...channels.filter((name) => name !== channel).map((name) => alternatives[name] ?? 0))
      worth[channel][user] += 0.1 * (best.value - worth[channel][user])
      advantage[channel][user] += 0.1 * (best.score - other - advantage[channel][user])
    }
    if (best?.send.channel === 'in-app') waiting[user] = { until: best.send.offer.window.expires, worth: best.value }
  }

  function choose({ day, user: { index: user }, offers, channels: open }) {
    const known = channels.filter((channel) => open.includes(channel))
    const found = waysOf(offers, known).map((way) => scoreOf({ user, day, ...way }))
    const alternatives = Object.fromEntries(
      known.map((name) => [name, Math.max(0, ...found.filter(({ send }) => send.channel === name).map(scoreIn))]),
    )
    const top = found.reduce((best, each) => (best === null || each.score > best.score ? each : best), null)
    const best = top !== null && top.score > 0 ? top : null
    note(user, best, alternatives)
    return best === null ? null : best.send
  }

  const onHappening = ({ kind, userIndex }) => {
    if (kind === 'inAppViewed') waiting[userIndex] = null
  }
  return { choose, onHappening }
}

const RULES = {
  'cadence: 7 a week, in-app first, 9 h': { choose: fixedCadence(7, ['in-app', 'email', 'push'], 9) },
  'in-app': oracle({ channels: ['in-app'], minds: {} }),
  'in-app, minding the place': oracle({ channels: ['in-app'], minds: { place: true } }),
  'all channels': oracle({ minds: {} }),
  'all, minding the place': oracle({ minds: { place: true } }),
  'all, minding place and fatigue': oracle({ minds: { place: true, fatigue: true } }),
  'all, minding place, fatigue and what a channel carries': oracle({
    minds: { place: true, fatigue: true, reach: true },
  }),
}

const rows = Object.entries(RULES).map(([name, { choose, onHappening }]) => {
  const sends = Object.fromEntries(CHANNELS.map((channel) => [channel, 0]))
  const onSend = ({ channel }) => {
    sends[channel] += 1 / users
  }
  const totals = runWorld(world, choose, { observer: { onSend, onHappening } })
  const figures = [mean(totals.value).toFixed(2), mean(totals.pushReach).toFixed(3), mean(totals.optOuts).toFixed(3)]
  return [name, ...figures, ...CHANNELS.map((channel) => sends[channel].toFixed(1))]
})

publish(
  {
    title: `what knowing everything would gain, ${flags.scenario}`,
    command: `node benchmarks/world-oracles.mjs --scenario ${flags.scenario} --seed ${seed} --users ${users}`,
    machine: machine(),
    results: rows,
    body: table([['rule', 'value', 'push reach', 'opt-outs', ...CHANNELS], ...rows]),
  },
  flags,
)

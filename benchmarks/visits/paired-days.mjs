// One day of people nobody has learned from, lived several times on the same chance: with nothing sent, and with one message by each way.
import { decide, hash53, visitChancesOf } from '@paloma/core'
import { createWorld, runWorld } from '@paloma/core/simulation'
import { catchUp, personOf } from '../world/desk.mjs'
import { outcomeOf } from '../world/owner.mjs'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const MORNING = 9
const EVENING = 19
const HISTORY_DAYS = 28

/** Ways whose extra chance is looked at; an in-app message brings no visit by itself. */
export const WAYS = [
  { channel: 'push', localHour: MORNING },
  { channel: 'push', localHour: EVENING },
  { channel: 'email', localHour: MORNING },
  { channel: 'email', localHour: EVENING },
]

const pick = (items, key, purpose) => items[Math.floor(hash53(key, purpose) * items.length)]

/** Every second day something by some channel, as in a random log. */
function randomSend({ user, day, offers, channels }) {
  const key = `${user.userId}.d${day}`
  const offer = offers.length === 0 ? undefined : pick(offers, key, 'offer')
  const possible = channels.filter((channel) => offer?.channels.includes(channel))
  if (possible.length === 0 || hash53(key, 'hold') < 0.5) return null
  return {
    offer,
    channel: pick(possible, key, 'channel'),
    variant: pick(offer.variants, key, 'variant').name,
    localHour: MORNING,
  }
}

/** All days up to the test day as chance wants them, then `onDay`; `onVisit` hears of every visit. */
function live(world, { testDay, onDay, onVisit, onSend, onHappening }) {
  runWorld(world, (context) => (context.day < testDay ? randomSend(context) : onDay(context)), {
    blockUsers: 500,
    observer: {
      onSend,
      onHappening(happening) {
        onHappening?.(happening)
        if (happening.kind === 'visit') onVisit(happening)
      },
    },
  })
}

/** Value of every action for one contestant; nothing is drawn but `hold`, so that the moment itself can be read. */
function judge(snapshot, request, now) {
  const decision = decide(snapshot, request, { now, random: () => 0 })
  const [without] = visitChancesOf(snapshot, decision)
  return { decision, without: without?.without ?? linearWithout(snapshot, decision) }
}

/** What the regression of `effect` says of somebody who is sent nothing: its mean over what was likely, less what that is said to bring. */
function linearWithout({ state }, { values, probabilities, learning }) {
  if (learning === null) return null
  const { mean } = state.heads.visits
  const usual = learning.baseline.reduce((sum, value, i) => sum + value * mean[i], 0)
  const brought = values.visits.mean.reduce((sum, value, i) => sum + value * probabilities[i], 0)
  return Math.min(0.99, Math.max(0.01, usual - brought))
}

/**
 * Rows of users on the test day: whether they came within 24 hours if nothing was sent, what each contestant said of that, and by way the difference that
 * the message made and what each had said of it.
 */
export function pairedDays({ scenario, users, seed, startAt, testDay, contestants }) {
  const world = createWorld({ scenario, users, days: testDay + 2, seed, startAt })
  const people = world.users.map(personOf)
  const rows = new Array(users).fill(null)
  const nowOf = (user) => world.momentAt(user, testDay, MORNING)
  const cameIn = () => new Uint8Array(users)
  const noting =
    (came) =>
    ({ userIndex, at }) => {
      const now = nowOf(userIndex)
      if (at >= now && at < now + DAY_MS) came[userIndex] = 1
    }

  function meet({ user, day, offers }) {
    if (day > testDay) return null
    const person = people[user.index]
    const now = nowOf(user.index)
    catchUp(person, now)
    const { profile, sends, responses, visits } = person
    const recent = ({ at }) => at > now - HISTORY_DAYS * DAY_MS
    const history = {
      sends: sends.filter(recent),
      responses: responses.filter(recent),
      visits: visits.filter((at) => at > now - HISTORY_DAYS * DAY_MS),
    }
    const request = {
      decisionId: user.userId,
      user: { profile, history },
      opportunities: offers,
      context: {},
      trigger: 'request',
    }
    const judged = contestants.map(({ snapshot }) => judge(snapshot, request, now))
    const { actions } = judged[0].decision
    const ways = WAYS.map(({ channel, localHour }) => {
      const at = world.momentAt(user.index, testDay, localHour)
      const possible = actions.flatMap((action, i) => (action.channel === channel && action.sendAt === at ? [i] : []))
      if (possible.length === 0) return null
      const place = pick(possible, user.userId, `${channel}${localHour}`)
      const { opportunityId, variant } = actions[place]
      const offer = offers.find(({ id }) => id === opportunityId)
      return {
        send: { offer, channel, variant, localHour },
        said: judged.map(({ decision }) => decision.values.visits.mean[place]),
      }
    })
    rows[user.index] = {
      rate: 1 - Math.exp(-(history.visits.length + 1) / (HISTORY_DAYS + 5)),
      without: judged.map((each) => each.without),
      ways,
    }
    return null
  }

  const held = cameIn()
  live(world, {
    testDay,
    onDay: meet,
    onVisit: noting(held),
    onSend({ userIndex, day, offer, channel }) {
      const { message, category, topic, id } = offer
      const at = world.momentAt(userIndex, day, MORNING)
      people[userIndex].sends.push({ at, channel, category, message, topic, opportunityId: id })
    },
    onHappening(happening) {
      const outcome = outcomeOf(happening)
      if (outcome !== null) people[happening.userIndex].ahead.push(outcome)
    },
  })
  const withSend = WAYS.map((_, w) => {
    const came = cameIn()
    const onDay = ({ user, day }) => (day === testDay ? (rows[user.index]?.ways[w]?.send ?? null) : null)
    live(world, { testDay, onDay, onVisit: noting(came) })
    return came
  })
  return rows.flatMap((row, user) => {
    if (row === null) return []
    const ways = row.ways.map((way, w) =>
      way === null ? null : { said: way.said, did: withSend[w][user] - held[user] },
    )
    return [{ ...row, came: held[user], ways }]
  })
}

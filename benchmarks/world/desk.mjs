// Paloma as a policy of the simulated world: the core's own decisions and its own learner, without a server.
import {
  chosenAction,
  decide,
  exampleOf,
  hash53,
  initialState,
  learn,
  learningTargets,
  nextDualPrice,
  priceUnitOf,
  shapeOf,
} from '@paloma/core'
import { FEATURES, objectivesOf, outcomeOf, RULES } from './owner.mjs'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const HISTORY_MS = 28 * DAY_MS
const LATENESS_MS = 2 * HOUR_MS
const MORNING = 9
const HALF_LIFE_DAYS = 180
const MILLION = 1_000_000
const SLOT_HOURS = [MORNING, ...RULES.slots.localHours]
const ACTING = { kind: 'thompson', floor: 0.01, sharpness: 16 }
const GATHERING = { kind: 'random', holdProbability: 0.5 }

function snapshotOf({ objectives, features, policy, startAt, artifact }) {
  const parts = { objectives, rules: RULES, features, ...(artifact === undefined ? {} : { artifact }) }
  const group = (share) => ({ share, policy })
  const groups = { paloma: group(MILLION), businessAsUsual: group(0), random: group(0), holdout: group(0) }
  return {
    version: 'v',
    ...parts,
    groups,
    groupSalt: 'world',
    prices: {},
    state: initialState(objectives, shapeOf(parts), startAt),
  }
}

export function personOf(worldUser) {
  const { email, hasPush, userId, traits, timeZone } = worldUser
  return {
    profile: {
      userId,
      traits,
      timeZone,
      addresses: { ...(email === undefined ? {} : { email }), ...(hasPush ? { pushToken: 'token' } : {}) },
      consent: { channels: {}, topics: {}, channelTopics: {}, learning: true, exploration: true },
      suppressions: [],
      createdAt: 0,
    },
    sends: [],
    responses: [],
    visits: [],
    outcomes: [],
    ahead: [],
  }
}

/** Without the application there are no in-app messages either. */
function lostWith({ reachLoss, channel }) {
  return reachLoss === 'uninstalled' ? ['push', 'in-app'] : [channel]
}

/** Lets the product know what happened up to now. */
export function catchUp(person, now) {
  if (person.ahead.length === 0) return
  person.ahead.sort((a, b) => a.at - b.at)
  while (person.ahead.length > 0 && person.ahead[0].at <= now) {
    const outcome = person.ahead.shift()
    person.outcomes.push(outcome)
    if (outcome.isVisit) person.visits.push(outcome.at)
    if (outcome.isResponse) person.responses.push({ at: outcome.at, channel: outcome.channel })
    if (outcome.reachLoss === null) continue
    const lost = lostWith(outcome).map((channel) => ({ channel, reason: 'opt-out', since: outcome.at }))
    person.profile = { ...person.profile, suppressions: [...person.profile.suppressions, ...lost] }
  }
}

function forgetOld(person, now, outcomesMs) {
  const isRecent = ({ at }) => at > now - HISTORY_MS
  if (person.sends.length > 0 && !isRecent(person.sends[0])) person.sends = person.sends.filter(isRecent)
  if (person.responses.length > 0 && !isRecent(person.responses[0]))
    person.responses = person.responses.filter(isRecent)
  while (person.visits.length > 0 && person.visits[0] <= now - HISTORY_MS) person.visits.shift()
  while (person.outcomes.length > 0 && person.outcomes[0].at <= now - outcomesMs) person.outcomes.shift()
}

/**
 * A desk over a fresh world: `choose` and `observer` for `runWorld`; with `objectives` and `features` instead of the owner's; heads start from `artifact` where there is one, and `examine` sees
 * what they are about to learn from. Prices that keep `priceTargets` take their steps once the random log is over; `onPrices` sees each.
 */
export function deskOf(
  world,
  {
    logDays,
    reachPrice = 1,
    acting = ACTING,
    owner = {},
    objectives: given,
    features = FEATURES,
    artifact,
    examine,
    priceTargets = [],
    onPrices,
  },
) {
  const { startAt, scenario } = world.options
  const objectives = given ?? objectivesOf(scenario, { reachPrice, ...owner })
  const targets = learningTargets(objectives)
  const longestMs = Math.max(...targets.map(({ windowHours }) => windowHours)) * HOUR_MS
  let snapshot = snapshotOf({ objectives, features, policy: GATHERING, startAt, artifact })
  const prior = snapshot.state
  const losses = []
  const people = world.users.map(personOf)
  const made = []
  const learned = new Map()
  let today = -1

  function matured(target, until) {
    const { name, windowHours } = target
    const examples = []
    let next = learned.get(name) ?? 0
    for (; next < made.length && made[next].at < until; next += 1) {
      const { person, at, learning, sendId } = made[next]
      const end = at + windowHours * HOUR_MS
      const outcomes = person.outcomes
        .filter((outcome) => outcome.at >= at && outcome.at <= end)
        .map((outcome) => ({ ...outcome, isOwn: sendId !== null && outcome.decisionId === sendId }))
      examples.push(exampleOf(target, { at, learning, outcomes }))
    }
    learned.set(name, next)
    return { examples, until }
  }

  function learnUntil(now) {
    for (const person of people) {
      catchUp(person, now)
      forgetOld(person, now, longestMs + 3 * DAY_MS)
    }
    made.sort((a, b) => a.at - b.at)
    const batches = Object.fromEntries(
      targets.map((target) => [target.name, matured(target, now - target.windowHours * HOUR_MS - LATENESS_MS)]),
    )
    examine?.(snapshot.state, batches)
    const keep = 0.5 ** (1 / HALF_LIFE_DAYS)
    const { dualPrices } = snapshot.state
    const learnedState = learn(snapshot.state, batches, { at: now, keep, prior, objectives })
    snapshot = { ...snapshot, priceTargets, state: { ...learnedState, dualPrices } }
    const done = Math.min(...learned.values())
    made.splice(0, done)
    for (const [name, at] of learned) learned.set(name, at - done)
  }

  /** A step of every price by what was sent, and who was lost, in the 24 hours that are over. */
  function priceUntil(now) {
    const since = now - DAY_MS
    const isRecent = ({ at }) => at > since && at <= now
    const sends = people.flatMap((person) => person.sends.filter(isRecent))
    const lost = losses.filter(isRecent)
    const next = priceTargets.map((target) => {
      const concerns = ({ channel }) => target.channel === undefined || channel === target.channel
      const count = (items) => items.filter(concerns).length
      const use = { users: people.length, days: 1, sends: count(sends), losses: count(lost), spend: 0 }
      const unit = priceUnitOf(target, objectives)
      return [target.name, nextDualPrice(snapshot.state.dualPrices?.[target.name], { target, use, unit, at: now })]
    })
    snapshot = { ...snapshot, state: { ...snapshot.state, dualPrices: Object.fromEntries(next) } }
    onPrices?.(snapshot.state.dualPrices)
  }

  function morningOf(day) {
    today = day
    if (day > 0) learnUntil(startAt + day * DAY_MS)
    if (day > logDays && priceTargets.length > 0) priceUntil(startAt + day * DAY_MS)
    if (day !== logDays) return
    const groups = { ...snapshot.groups, paloma: { share: MILLION, policy: acting } }
    snapshot = { ...snapshot, groups }
  }

  function ask(person, { offers, now, trigger, decisionId }) {
    const { profile, sends, responses, visits } = person
    const user = { profile, history: { sends, responses, visits } }
    const request = { decisionId, user, opportunities: offers, context: {}, trigger }
    const decision = decide(snapshot, request, { now, random: () => hash53(decisionId, 'draw') })
    const action = chosenAction(decision)
    if (decision.learning !== null) {
      const sendId = action.kind === 'send' ? action.opportunityId : null
      made.push({ person, at: now, learning: decision.learning, sendId })
    }
    return { ...action, waits: decision.waits }
  }

  function choose({ day, user, offers }) {
    if (day !== today) morningOf(day)
    const person = people[user.index]
    const now = world.momentAt(user.index, day, MORNING)
    catchUp(person, now)
    const name = `${user.userId}.d${day}`
    let action = ask(person, { offers, now, trigger: 'request', decisionId: name })
    let at = now
    if (action.kind === 'send' && action.sendAt > now) {
      at = action.sendAt
      action = ask(person, { offers, now: at, trigger: 'planned', decisionId: `${name}.due` })
    }
    if (action.kind === 'hold' || action.sendAt > at) return null
    const offer = offers.find(({ id }) => id === action.opportunityId)
    const localHour = SLOT_HOURS.find((hour) => world.momentAt(user.index, day, hour) === at)
    if (localHour === undefined) return null
    const { message, category, topic } = offer
    const { channel, waits } = action
    const place = waits === undefined ? {} : { waits }
    person.sends.push({ at, channel, category, message, topic, opportunityId: offer.id, ...place })
    return { offer, channel: action.channel, variant: action.variant, localHour }
  }

  const observer = {
    onHappening(happening) {
      const outcome = outcomeOf(happening)
      if (outcome === null) return
      people[happening.userIndex].ahead.push(outcome)
      if (outcome.reachLoss !== null && outcome.reachLoss !== 'bounced') losses.push(outcome)
    },
  }
  return { choose, observer, snapshot: () => snapshot }
}

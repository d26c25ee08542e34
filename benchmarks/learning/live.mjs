// One simulated world lived through with the core's own decisions and learning, without a server.
import { chosenAction, decide, hash53, initialState, learn, rewardOf, shapeOf } from '@paloma/core'
import { catchUp, count, personOf, stateOf } from './people.mjs'
import { FEATURES, outcomeOf, POLICIES, RULES } from './shop.mjs'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const LATENESS_MS = 2 * HOUR_MS
const MORNING = 9
const HALF_LIFE_DAYS = 90
const GROUPS = ['paloma', 'businessAsUsual', 'random', 'holdout']

function groupsOf(shares, policies) {
  return Object.fromEntries(
    GROUPS.map((group) => [group, { share: shares[group] ?? 0, policy: policies[group] ?? POLICIES[group] }]),
  )
}

function snapshotOf({ objectives, shares, policies }, startAt) {
  const parts = { objectives, rules: RULES, features: FEATURES }
  const state = initialState(objectives, shapeOf(parts), startAt)
  return { version: 'v', ...parts, groups: groupsOf(shares, policies), groupSalt: 'paloma', prices: {}, state }
}

function deliver(desk, person, { opportunity, channel, variant, at, decisionId }) {
  const { id: opportunityId, message, category, topic } = opportunity
  person.sends.push({ at, channel, category, message, topic, opportunityId })
  if (category !== 'transactional') {
    person.totals.sends += 1
    if (channel !== 'in-app') person.totals.intrusive += 1
  }
  const send = {
    userIndex: Number(person.profile.userId.slice(1)),
    channel,
    message,
    variant,
    opportunityId,
    decisionId,
    at,
    category,
  }
  for (const event of desk.world.deliver(send)) hear(desk, person, event)
}

function hear(desk, person, event) {
  const outcome = outcomeOf(event)
  if (outcome === null) return
  count(person, outcome, desk)
  person.ahead.push(outcome)
}

/** Decides for one person now; answers when to decide again, or null. */
function ask(desk, person, { now, trigger, decisionId }) {
  catchUp(person, now)
  if (person.open.length === 0) return null
  const request = { decisionId, user: stateOf(person), opportunities: person.open, context: {}, trigger }
  const decision = decide(desk.snapshot, request, { now, random: () => hash53(decisionId, 'draw') })
  if (decision.learning !== null) {
    const { baseline, centred } = decision.learning
    desk.made.push({ person, at: now, features: Float64Array.from([...baseline, ...centred]) })
  }
  const action = chosenAction(decision)
  if (action.kind === 'hold') return null
  if (action.sendAt > now) return action.sendAt
  const opportunity = person.open.find(({ id }) => id === action.opportunityId)
  person.open = person.open.filter((other) => other !== opportunity)
  deliver(desk, person, { opportunity, channel: action.channel, variant: action.variant, at: now, decisionId })
  return null
}

/** New proposals: transactional ones go out by themselves, as under every policy; a newer one of a family replaces an older. */
function receive(desk, day) {
  const { world, people } = desk
  for (const opportunity of world.opportunitiesOn(day)) {
    const index = Number(opportunity.userId.slice(1))
    const person = people[index]
    if (opportunity.category !== 'transactional') {
      person.open = [...person.open.filter(({ message }) => message !== opportunity.message), opportunity]
      continue
    }
    const channel = opportunity.channels.find((name) => world.isReachable(index, name))
    if (channel === undefined) continue
    const variant = opportunity.variants[0].name
    deliver(desk, person, {
      opportunity,
      channel,
      variant,
      at: world.momentAt(index, day, MORNING),
      decisionId: opportunity.id,
    })
  }
}

function matured(desk, objective, until) {
  const windowMs = objective.windowHours * HOUR_MS
  const examples = []
  let next = desk.learned.get(objective.name) ?? 0
  for (; next < desk.made.length && desk.made[next].at < until; next += 1) {
    const { person, at, features } = desk.made[next]
    const inside = person.outcomes.filter((outcome) => outcome.at >= at && outcome.at <= at + windowMs)
    examples.push({ features, reward: rewardOf(objective, at, inside) })
  }
  desk.learned.set(objective.name, next)
  return { examples, until }
}

function learnUntil(desk, now) {
  const batches = {}
  for (const person of desk.people) catchUp(person, now)
  for (const objective of desk.snapshot.objectives) {
    batches[objective.name] = matured(desk, objective, now - objective.windowHours * HOUR_MS - LATENESS_MS)
  }
  const keep = 0.5 ** (1 / HALF_LIFE_DAYS)
  const state = learn(desk.snapshot.state, batches, {
    at: now,
    keep,
    prior: desk.prior,
    objectives: desk.snapshot.objectives,
  })
  desk.snapshot = { ...desk.snapshot, state }
}

/**
 * Lives a fresh world to its end: every morning one request per user, planned sends decided again when due, learning
 * once a day. Answers the totals of every user, and the state that was learned.
 */
export function live(world, { objectives, shares, policies = {}, learns }) {
  const { startAt, days } = world.options
  const snapshot = snapshotOf({ objectives, shares, policies }, startAt)
  const people = world.users.map(personOf)
  const desk = {
    ...{ world, people, snapshot, prior: snapshot.state, startAt, endAt: startAt + days * DAY_MS },
    ...{ made: [], learned: new Map() },
  }
  for (let day = 0; day < days; day += 1) {
    receive(desk, day)
    for (const [index, person] of people.entries()) {
      const name = `${person.profile.userId}.d${day}`
      const now = world.momentAt(index, day, MORNING)
      const due = ask(desk, person, { now, trigger: 'request', decisionId: name })
      if (due !== null) ask(desk, person, { now: due, trigger: 'planned', decisionId: `${name}.due` })
    }
    for (const event of world.closeDay(day)) hear(desk, people[event.userIndex], event)
    if (learns) learnUntil(desk, startAt + (day + 1) * DAY_MS)
  }
  return { people, snapshot: desk.snapshot }
}

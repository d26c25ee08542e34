// What the shop knows of its users, kept as a server would keep it: only events that have happened by now.

const DAY_MS = 86_400_000
const HISTORY_MS = 28 * DAY_MS
/** The longest reward window and what may come late, with a day to spare. */
const OUTCOMES_MS = 9 * DAY_MS

function addressesOf({ email, hasPush }) {
  return { ...(email === undefined ? {} : { email }), ...(hasPush ? { pushToken: 'token' } : {}) }
}

/** A new user, with the totals by which a policy is judged. */
export function personOf(worldUser) {
  return {
    profile: {
      userId: worldUser.userId,
      traits: worldUser.traits,
      timeZone: worldUser.timeZone,
      addresses: addressesOf(worldUser),
      consent: { channels: {}, topics: {}, channelTopics: {}, learning: true, exploration: true },
      suppressions: [],
      createdAt: 0,
    },
    open: [],
    sends: [],
    responses: [],
    visits: [],
    outcomes: [],
    ahead: [],
    totals: { value: 0, visits: 0, activeDays: 0, lostChannels: 0, sends: 0, intrusive: 0 },
    days: new Set(),
  }
}

/** Adds an outcome to the totals; what happens after the end does not count. */
export function count(person, outcome, { startAt, endAt }) {
  if (outcome.at >= endAt) return
  const { totals } = person
  totals.value += outcome.values.conversion ?? 0
  if (outcome.name === 'App Visited') totals.visits += 1
  if (outcome.isVisit) totals.activeDays = person.days.add(Math.floor((outcome.at - startAt) / DAY_MS)).size
  if (outcome.reachLoss === null || person.lost?.has(outcome.channel)) return
  person.lost = (person.lost ?? new Set()).add(outcome.channel)
  totals.lostChannels += 1
}

function learnOf(person, outcome) {
  person.outcomes.push(outcome)
  if (outcome.isVisit) person.visits.push(outcome.at)
  if (outcome.isResponse) person.responses.push({ at: outcome.at, channel: outcome.channel })
  if (outcome.reachLoss === null) return
  const { profile } = person
  const lost = { channel: outcome.channel, reason: 'opt-out', since: outcome.at }
  person.profile = { ...profile, suppressions: [...profile.suppressions, lost] }
}

/** Lets the shop know what happened up to now, and forget what is too old to matter. */
export function catchUp(person, now) {
  person.ahead.sort((a, b) => a.at - b.at)
  while (person.ahead.length > 0 && person.ahead[0].at <= now) learnOf(person, person.ahead.shift())
  person.visits.sort((a, b) => a - b)
  person.sends = person.sends.filter(({ at }) => at > now - HISTORY_MS)
  person.visits = person.visits.filter((at) => at > now - HISTORY_MS)
  person.responses = person.responses.filter(({ at }) => at > now - HISTORY_MS)
  person.outcomes = person.outcomes.filter(({ at }) => at > now - OUTCOMES_MS)
  person.open = person.open.filter(({ window }) => window.expires > now)
}

/** The user as a decision may see him. */
export function stateOf({ profile, sends, responses, visits }) {
  return { profile, history: { sends: [...sends], responses: [...responses], visits: [...visits] } }
}

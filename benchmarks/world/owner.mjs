// What the owner of a simulated product would write: objectives in money, rules, features. It knows what a visit is worth
// to the business, and nothing of how the simulated people work.

const CLICKS = ['Push Notification Tapped', 'Email Link Clicked', 'In-App Message Clicked']
const OPENS = ['Email Opened']

const VISIT = 'App Visited'
const ORDER = 'Order Completed'

/** What a user brings in half a year, from the books, and a guess of the part that hangs on one channel. */
const HALF_YEAR_VALUE = { retail: 80, streaming: 27, news: 12 }
const CARRIED_BY_A_CHANNEL = 0.05
const HALF_YEAR_DAYS = 180
/**
 * Scores err upwards on channels that look best, and irritation beyond the window is not in them: reach counts so many times
 * as dear as what it would have carried. Chosen on seeds 1 and 2, where twice as dear as before cost no value and lost fewer channels.
 */
const CAUTION = 16
const CONTACTABLE_DAYS = 180
/** A guess: half of those whom a push or an e-mail brings do not tap it, or buy another day. */
const TRACED = { push: 0.5, email: 0.5 }
/** A belief: who answers a message comes back a little more often in the weeks after. */
const VISITS_PER_ANSWER = 0.15

/** Orders in money, visits at their worth, and a price on lost channels. */
export function objectivesOf(
  { name, valuePerVisit, order },
  { reachPrice = 1, lookAheadDays = 14, isLearnedReach = true } = {},
) {
  // Variations of a world, such as retail-drift, are the same business.
  const halfYearValue = HALF_YEAR_VALUE[name.split('-')[0]]
  const worthPerDay = (CARRIED_BY_A_CHANNEL * halfYearValue) / HALF_YEAR_DAYS
  const orders = {
    name: 'conversion',
    events: [ORDER],
    aggregate: 'sum',
    valueProperty: 'revenue',
    windowHours: 72,
    unit: 'EUR',
    weight: 1,
    model: 'response',
    worth: order.meanValue,
    traced: TRACED,
    lookAheadDays,
    priorEffectSd: 0.0006 * order.meanValue,
    noiseSd: 0.22 * order.meanValue,
  }
  const visits = {
    name: 'visits',
    events: [VISIT],
    aggregate: 'sum',
    windowHours: 336,
    unit: 'visits',
    weight: valuePerVisit,
    model: 'response',
    traced: TRACED,
    habit: VISITS_PER_ANSWER,
    lookAheadDays,
    priorEffectSd: 0.02,
    noiseSd: 2,
  }
  const reach = {
    name: 'reachability',
    events: [],
    aggregate: 'reachLost',
    windowHours: 168,
    unit: 'contactable days',
    weight: isLearnedReach ? CAUTION * reachPrice * worthPerDay : (reachPrice * 0.3 * halfYearValue) / CONTACTABLE_DAYS,
    scale: CONTACTABLE_DAYS,
    ...(isLearnedReach ? { worthPerDay } : {}),
    model: 'hazard',
  }
  return valuePerVisit > 0 ? [orders, visits, reach] : [orders, reach]
}

const channel = (pricePerSend) => ({ consent: 'opt-out', pricePerSend })

export const RULES = {
  channels: { push: channel(0), email: channel(0), 'in-app': { ...channel(0), showsOne: true } },
  caps: [],
  gaps: [],
  quietHours: [],
  slots: { localHours: [19], horizonHours: 12 },
  timeZone: 'UTC',
}

const number = (name, source, centre, scale, log1p = false) => ({ kind: 'number', name, source, centre, scale, log1p })

export const FEATURES = {
  messageBuckets: 13,
  features: [
    number('visitsPerWeek', 'user', 2, 2),
    number('orders90d', 'user', 0.7, 0.7, true),
    number('priceSensitivity', 'user', 0.5, 0.3),
    number('tenureDays', 'user', 5.5, 1.2, true),
    { kind: 'category', name: 'plan', source: 'user', values: ['free', 'plus', 'premium'] },
    number('score', 'opportunity', 0.5, 0.25),
    { kind: 'match', name: 'topic', source: 'opportunity', trait: 'affinity' },
  ],
}

const LOSSES = {
  emailUnsubscribed: ['unsubscribed', 'email'],
  emailSpam: ['complained', 'email'],
  emailBounced: ['bounced', 'email'],
  pushDisabled: ['push-disabled', 'push'],
  uninstalled: ['uninstalled', 'push'],
}
const RESPONSES = {
  pushTapped: 'push',
  emailOpened: 'email',
  emailClicked: 'email',
  inAppClicked: 'in-app',
}

/** A happening as the outcome a server would keep; null for what is no outcome. */
export function outcomeOf({ kind, at, revenue, cause }) {
  const [reachLoss, lost] = LOSSES[kind] ?? [null, null]
  const response = RESPONSES[kind]
  const isVisit = kind === 'visit' || kind === 'order'
  if (reachLoss === null && response === undefined && !isVisit) return null
  const values = {}
  if (kind === 'order') values.conversion = revenue
  if (kind === 'visit') values.visits = 1
  return {
    at,
    name: kind,
    values,
    reachLoss,
    channel: lost ?? response ?? null,
    isVisit,
    isResponse: response !== undefined,
    decisionId: cause?.decisionId ?? null,
  }
}

export const EVENTS = { visits: [VISIT, ORDER], responses: [...CLICKS, ...OPENS] }

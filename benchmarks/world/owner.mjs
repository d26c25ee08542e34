// What the owner of a simulated product would write: objectives in money, rules, features. It knows what a visit is worth
// to the business, and nothing of how the simulated people work.

const CLICKS = ['Push Notification Tapped', 'Email Link Clicked', 'In-App Message Clicked']
const OPENS = ['Email Opened']

const VISIT = 'App Visited'
const ORDER = 'Order Completed'

/** Orders in money, visits at their worth, and a price on lost channels. */
export function objectivesOf({ valuePerVisit, order }, reachPrice = 1) {
  return [
    {
      name: 'conversion',
      events: [ORDER],
      aggregate: 'sum',
      valueProperty: 'revenue',
      windowHours: 72,
      unit: 'EUR',
      weight: 1,
      priorEffect: { push: 0.001 * order.meanValue, email: 0.001 * order.meanValue, 'in-app': 0.001 * order.meanValue },
      priorEffectSd: 0.00125 * order.meanValue,
      noiseSd: 0.22 * order.meanValue,
    },
    {
      name: 'retention',
      events: [VISIT],
      aggregate: 'activeDays',
      windowHours: 168,
      unit: 'active days',
      weight: valuePerVisit + 0.02 * order.meanValue,
      priorEffect: { push: 0.04, email: 0.02, 'in-app': 0 },
      priorEffectSd: 0.05,
      noiseSd: 2,
    },
    {
      name: 'reachability',
      events: [],
      aggregate: 'reachLost',
      windowHours: 168,
      unit: 'contactable days',
      weight: (reachPrice * (order.meanValue * 0.2 + valuePerVisit * 20)) / 60,
      scale: 60,
      priorEffect: { push: -0.004, email: -0.002, 'in-app': 0 },
      priorEffectSd: 0.0015,
      noiseSd: 0.05,
    },
  ]
}

const channel = (pricePerSend) => ({ consent: 'opt-out', pricePerSend })

export const RULES = {
  channels: { push: channel(0), email: channel(0), 'in-app': channel(0) },
  caps: [],
  gaps: [],
  quietHours: [],
  slots: { localHours: [13, 19], horizonHours: 12 },
  timeZone: 'UTC',
}

const number = (name, source, centre, scale, log1p = false) => ({ kind: 'number', name, source, centre, scale, log1p })

export const FEATURES = {
  messageBuckets: 8,
  features: [
    number('visitsPerWeek', 'user', 2, 2),
    number('orders90d', 'user', 0.7, 0.7, true),
    number('priceSensitivity', 'user', 0.5, 0.3),
    number('tenureDays', 'user', 5.5, 1.2, true),
    { kind: 'category', name: 'plan', source: 'user', values: ['free', 'plus', 'premium'] },
    number('score', 'opportunity', 0.5, 0.25),
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
  if (kind === 'visit') values.retention = 1
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

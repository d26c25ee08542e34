// What the owner of the simulated shop would write. Nothing in it knows how the simulated people work.

const VISITS = ['App Visited', 'Order Completed']
const CLICKS = ['Push Notification Tapped', 'Email Link Clicked', 'In-App Message Clicked']

/** The objectives of the default configuration, in euros. */
export const OBJECTIVES = [
  {
    name: 'conversion',
    events: ['Order Completed'],
    aggregate: 'sum',
    valueProperty: 'revenue',
    windowHours: 72,
    unit: 'EUR',
    weight: 1,
    priorEffect: { push: 0.05, email: 0.04, 'in-app': 0.03 },
    priorEffectSd: 0.2,
    noiseSd: 20,
  },
  {
    name: 'engagement',
    events: [...VISITS, ...CLICKS],
    aggregate: 'any',
    windowHours: 24,
    unit: 'visits',
    weight: 0.1,
    priorEffect: { push: 0.04, email: 0.02, 'in-app': 0.02 },
    priorEffectSd: 0.05,
    noiseSd: 0.45,
  },
  {
    name: 'retention',
    events: VISITS,
    aggregate: 'activeDays',
    windowHours: 168,
    unit: 'active days',
    weight: 0.1,
    priorEffect: { push: 0.04, email: 0.02, 'in-app': 0.02 },
    priorEffectSd: 0.1,
    noiseSd: 2,
  },
  {
    name: 'reachability',
    events: [],
    aggregate: 'reachLost',
    windowHours: 168,
    unit: 'contactable days',
    weight: 0.02,
    scale: 60,
    priorEffect: { push: -0.004, email: -0.002, 'in-app': 0 },
    priorEffectSd: 0.003,
    noiseSd: 0.05,
  },
]

/** What a careful owner changes: effects are expected to be half as large, and a lost channel costs 25 EUR, not 1.20. */
const CAREFUL = {
  conversion: { priorEffectSd: 0.05, noiseSd: 9 },
  engagement: { priorEffectSd: 0.025 },
  retention: { priorEffectSd: 0.05 },
  reachability: { priorEffectSd: 0.0015, scale: 180, weight: 25 / 180 },
}

/** Objectives and Paloma's policy by the owner's temper. */
export const SETTINGS = {
  default: { objectives: OBJECTIVES, policies: {} },
  careful: {
    objectives: OBJECTIVES.map((objective) => ({ ...objective, ...CAREFUL[objective.name] })),
    policies: { paloma: { kind: 'thompson', floor: 0.02, sharpness: 4 } },
  },
}

const channel = (pricePerSend) => ({ consent: 'opt-out', pricePerSend })

export const RULES = {
  channels: { push: channel(0.005), email: channel(0.005), 'in-app': channel(0.001) },
  caps: [
    {
      name: 'one-push-a-day',
      channels: ['push'],
      categories: ['marketing'],
      max: 1,
      window: { kind: 'calendarDays', days: 1 },
    },
    { name: 'four-a-week', channels: ['push', 'email'], max: 4, window: { kind: 'rolling', hours: 168 } },
  ],
  gaps: [{ name: 'half-a-day', channels: ['push', 'email'], minutes: 720 }],
  quietHours: [{ channels: ['push'], startMinute: 22 * 60, endMinute: 8 * 60, behaviour: 'wait' }],
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

export const POLICIES = {
  paloma: { kind: 'thompson', floor: 0.02, sharpness: 1 },
  businessAsUsual: { kind: 'cadence', perWeek: 3, gapHours: 36, channels: ['push', 'email'], localHour: 19 },
  random: { kind: 'random', holdProbability: 0.2 },
  holdout: { kind: 'holdout' },
}

const REACH_LOSSES = {
  'Email Unsubscribed': { reachLoss: 'unsubscribed', channel: 'email' },
  'Email Marked as Spam': { reachLoss: 'complained', channel: 'email' },
  'Email Bounced': { reachLoss: 'bounced', channel: 'email' },
  'Push Disabled': { reachLoss: 'push-disabled', channel: 'push' },
  'Application Uninstalled': { reachLoss: 'uninstalled', channel: 'push' },
}

const RESPONSES = {
  'Push Notification Tapped': 'push',
  'Email Opened': 'email',
  'Email Link Clicked': 'email',
  'In-App Message Clicked': 'in-app',
}

/** A world's event as the outcome a server would keep; null for what a machine did. */
export function outcomeOf(event) {
  if (event.properties.machine === true) return null
  const values = {}
  for (const { name, events, valueProperty } of OBJECTIVES) {
    if (events.includes(event.name)) values[name] = valueProperty === undefined ? 1 : event.properties[valueProperty]
  }
  const { reachLoss, channel } = REACH_LOSSES[event.name] ?? {}
  return {
    at: event.at,
    name: event.name,
    values,
    reachLoss: reachLoss ?? null,
    channel: channel ?? RESPONSES[event.name] ?? null,
    isVisit: VISITS.includes(event.name),
    isResponse: RESPONSES[event.name] !== undefined,
  }
}

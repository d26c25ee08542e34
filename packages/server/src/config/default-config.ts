import type { Objective, Rules } from '@paloma/core/domain'
import type { Config, EventRules } from './contract.ts'

const VISITS = [
  'App Visited',
  'Application Opened',
  'Page Viewed',
  'Screen Viewed',
  'Product Viewed',
  'Order Completed',
] as const

const CLICKS = ['Push Notification Tapped', 'Email Link Clicked', 'In-App Message Clicked'] as const

/** Prior effects are cautious guesses; they fade as rewards arrive. The common value scale is EUR. */
const OBJECTIVES: readonly Objective[] = [
  {
    name: 'conversion',
    events: ['Order Completed'],
    aggregate: 'sum',
    valueProperty: 'revenue',
    windowHours: 72,
    unit: 'EUR',
    weight: 1,
    priorEffect: { push: 0.05, email: 0.04, 'in-app': 0.03, sms: 0.06 },
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
    priorEffect: { push: 0.04, email: 0.02, 'in-app': 0.02, sms: 0.04 },
    priorEffectSd: 0.05,
    noiseSd: 0.45,
  },
  {
    name: 'retention',
    events: [...VISITS],
    aggregate: 'activeDays',
    windowHours: 168,
    unit: 'active days',
    weight: 0.1,
    priorEffect: { push: 0.04, email: 0.02, 'in-app': 0.02, sms: 0.03 },
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
    priorEffect: { push: -0.004, email: -0.002, 'in-app': 0, sms: -0.006 },
    priorEffectSd: 0.003,
    noiseSd: 0.05,
  },
]

/** Push, email and in-app: the address was given at sign-up, so a no is honoured; sms and webhook need a yes. */
const RULES: Rules = {
  channels: {
    push: { consent: 'opt-out', pricePerSend: 0.005 },
    email: { consent: 'opt-out', pricePerSend: 0.005 },
    'in-app': { consent: 'opt-out', pricePerSend: 0.001 },
    sms: { consent: 'opt-in', pricePerSend: 0.07 },
    webhook: { consent: 'opt-in', pricePerSend: 0.005 },
  },
  caps: [
    {
      name: 'one-push-a-day',
      channels: ['push'],
      categories: ['marketing'],
      max: 1,
      window: { kind: 'calendarDays', days: 1 },
    },
    {
      name: 'four-a-week',
      channels: ['push', 'email', 'sms'],
      max: 4,
      window: { kind: 'rolling', hours: 168 },
    },
  ],
  gaps: [{ name: 'half-a-day', channels: ['push', 'email', 'sms'], minutes: 720 }],
  quietHours: [{ channels: ['push', 'sms'], startMinute: 22 * 60, endMinute: 8 * 60, behaviour: 'wait' }],
  slots: { localHours: [9, 13, 19], horizonHours: 24 },
  timeZone: 'UTC',
}

const EVENTS: EventRules = {
  visits: VISITS,
  responses: {
    'Push Notification Tapped': 'push',
    'Email Opened': 'email',
    'Email Link Clicked': 'email',
    'In-App Message Clicked': 'in-app',
  },
  reachLosses: {
    'Email Unsubscribed': { loss: 'unsubscribed', channel: 'email' },
    'Email Marked as Spam': { loss: 'complained', channel: 'email' },
    'Email Bounced': { loss: 'bounced', channel: 'email' },
    'Push Disabled': { loss: 'push-disabled', channel: 'push' },
    'Push Notification Bounced': { loss: 'bounced', channel: 'push' },
    'Application Uninstalled': { loss: 'uninstalled', channel: 'push' },
    'SMS Unsubscribed': { loss: 'unsubscribed', channel: 'sms' },
    // The name in Segment's e-mail specification.
    Unsubscribed: { loss: 'unsubscribed', channel: 'email' },
  },
  returns: { 'Email Resubscribed': 'email', 'SMS Resubscribed': 'sms', 'Push Enabled': 'push' },
  softBounces: 5,
}

/** What holds where the owner says nothing: everybody with Paloma, four objectives, an in-app inbox. */
export const defaultConfig: Config = {
  objectives: OBJECTIVES,
  rules: RULES,
  features: { features: [], messageBuckets: 8, variantBuckets: 8 },
  groups: {
    paloma: { share: 1_000_000, policy: { kind: 'thompson', floor: 0.02, sharpness: 1 } },
    businessAsUsual: {
      share: 0,
      policy: { kind: 'cadence', perWeek: 3, gapHours: 24, channels: ['push', 'email', 'in-app'] },
    },
    random: { share: 0, policy: { kind: 'random', holdProbability: 0.5 } },
    holdout: { share: 0, policy: { kind: 'holdout' } },
  },
  groupSalt: 'paloma',
  prices: {},
  priceTargets: [],
  events: EVENTS,
  adapters: { 'in-app': { kind: 'inbox' } },
  learning: {
    latenessHours: 2,
    everyMinutes: 5,
    halfLifeDays: 90,
    groups: ['paloma', 'businessAsUsual', 'random', 'holdout'],
    relearnDays: 28,
    keepStates: 100,
  },
  messages: null,
  artifact: null,
  metrics: [],
  experiments: { layers: [], withholding: null },
  sharedLimits: [],
  retention: { storeDays: null, exportedDays: null },
  limits: {
    userStatesInMemory: 100_000,
    batchItems: 1_000,
    bodyBytes: 512_000,
    eventBytes: 32_768,
    requestsPerMinute: null,
  },
}

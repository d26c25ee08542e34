import { decide, initialState, learn, randomFrom, shapeOf } from '@paloma/core'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** Wednesday 2026-06-10, 12:00 in Berlin. */
export const NOW = 1_781_085_600_000

const noise = { conversion: 20, engagement: 0.45, retention: 2, reachability: 0.05 }

const OBJECTIVES = [
  {
    name: 'conversion',
    events: ['Order Completed'],
    aggregate: 'sum',
    valueProperty: 'revenue',
    windowHours: 72,
    unit: 'EUR',
    weight: 1,
    priorEffect: { push: 0.05, email: 0.04 },
    priorEffectSd: 0.2,
    noiseSd: noise.conversion,
  },
  {
    name: 'engagement',
    events: ['App Visited'],
    aggregate: 'any',
    windowHours: 24,
    unit: 'visits',
    weight: 0.1,
    priorEffect: { push: 0.04, email: 0.02 },
    priorEffectSd: 0.05,
    noiseSd: noise.engagement,
  },
  {
    name: 'retention',
    events: ['App Visited'],
    aggregate: 'activeDays',
    windowHours: 168,
    unit: 'active days',
    weight: 0.1,
    priorEffect: { push: 0.04, email: 0.02 },
    priorEffectSd: 0.1,
    noiseSd: noise.retention,
  },
  {
    name: 'reachability',
    events: [],
    aggregate: 'reachLost',
    windowHours: 168,
    unit: 'contactable days',
    weight: 0.02,
    scale: 60,
    priorEffect: { push: -0.004, email: -0.002 },
    priorEffectSd: 0.003,
    noiseSd: noise.reachability,
  },
]

const [CONVERSION, ENGAGEMENT, RETENTION, REACHABILITY] = OBJECTIVES
/** The same valued by what sends bring and how channels are lost, with a look at later sends, as the demo has it. */
const SEND_OBJECTIVES = [
  { ...CONVERSION, model: 'response', worth: 40, habit: 0.02, traced: { push: 0.5 }, lookAheadDays: 14 },
  { ...ENGAGEMENT, model: 'response', worth: 1 },
  RETENTION,
  { ...REACHABILITY, model: 'hazard', worthPerDay: 0.01 },
]
/** The same with one objective that asks for the next visit. */
const VISIT_OBJECTIVES = [CONVERSION, { ...ENGAGEMENT, model: 'visit' }, RETENTION, REACHABILITY]
const MODELS = { effects: OBJECTIVES, sends: SEND_OBJECTIVES, visits: VISIT_OBJECTIVES }

/** The rules of the default configuration, without later slots, so that the number of candidates is the one asked for. */
const RULES = {
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
    { name: 'four-a-week', channels: ['push', 'email', 'sms'], max: 4, window: { kind: 'rolling', hours: 168 } },
  ],
  gaps: [{ name: 'half-a-day', channels: ['push', 'email', 'sms'], minutes: 720 }],
  quietHours: [{ channels: ['push', 'sms'], startMinute: 22 * 60, endMinute: 8 * 60, behaviour: 'wait' }],
  slots: { localHours: [], horizonHours: 24 },
  timeZone: 'Europe/Berlin',
}

/** Three declared features fill ψ up to 32 columns: 12 of the house, 5 channels, 4 message buckets, two claims for each of 4 objectives, 3 declared. */
const FEATURES = {
  messageBuckets: 4,
  features: [
    { kind: 'number', name: 'orders', source: 'user', centre: 1, scale: 1, log1p: true },
    { kind: 'boolean', name: 'isUrgent', source: 'variant' },
    { kind: 'number', name: 'discount', source: 'opportunity', centre: 0.1, scale: 0.1 },
  ],
}

const POLICIES = {
  greedy: { kind: 'greedy', floor: 0.02 },
  squareCb: { kind: 'squareCb', gamma: 20, floor: 0.02 },
  softmax: { kind: 'softmax', temperature: 0.1, floor: 0.02 },
  thompson: { kind: 'thompson', floor: 0.02, sharpness: 1 },
}

/** Opportunities × variants × channels per number of candidates. */
const SHAPES = { 1: [1, 1, 1], 5: [5, 1, 1], 20: [5, 2, 2], 100: [25, 2, 2] }
const FAMILIES = ['price-drop', 'back-in-stock', 'digest', 'abandoned-cart', 'review-request', 'anniversary', 'refill']
const content = { push: { title: 'News', body: 'Look' }, email: { subject: 'News', html: '<p>Look</p>' } }

function userOf(index, random) {
  const ago = (days) => NOW - days * DAY_MS * (0.9 + 0.2 * random())
  const send = (days, channel, i) => ({
    at: ago(days),
    channel,
    category: 'marketing',
    message: FAMILIES[i],
    topic: 'offers',
    opportunityId: `old-${index}-${i}`,
  })
  return {
    profile: {
      userId: `user-${index}`,
      traits: {
        orders: Math.floor(random() * 8),
        isMember: random() < 0.4,
        country: random() < 0.5 ? 'DE' : 'AT',
        plan: 'free',
      },
      timeZone: 'Europe/Berlin',
      addresses: { email: `user-${index}@example.org`, pushToken: `token-${index}` },
      consent: {
        channels: { email: 'granted' },
        topics: { offers: 'granted' },
        channelTopics: {},
        learning: true,
        exploration: true,
      },
      suppressions: [],
      createdAt: NOW - 400 * DAY_MS,
    },
    history: {
      sends: [send(20, 'email', 0), send(13, 'push', 1), send(8, 'email', 2), send(4, 'push', 3), send(2, 'email', 4)],
      responses: [
        { at: ago(13), channel: 'push' },
        { at: ago(2), channel: 'email' },
      ],
      visits: [22, 19, 15, 12, 9, 6, 5, 3, 1].map(ago),
    },
  }
}

function opportunitiesOf(userId, [count, variants, channels], random) {
  return Array.from({ length: count }, (_, i) => ({
    id: `o-${userId}-${String(i).padStart(3, '0')}`,
    producer: 'shop',
    userId,
    message: FAMILIES[i % FAMILIES.length],
    category: 'marketing',
    topic: 'offers',
    channels: ['email', 'push'].slice(0, channels),
    variants: Array.from({ length: variants }, (_, j) => ({ name: `v${j}`, content, features: { isUrgent: j === 1 } })),
    window: { notBefore: NOW - HOUR_MS, expires: NOW + 2 * DAY_MS },
    claims: [{ objective: 'conversion', estimate: 4 * random(), unit: 'EUR', horizonDays: 3, kind: 'predicted' }],
    features: { discount: Math.round(random() * 30) / 100 },
  }))
}

function snapshotOf(policy, objectives) {
  const parts = { objectives, rules: RULES, features: FEATURES }
  const shape = shapeOf(parts)
  const prior = initialState(objectives, shape, NOW)
  const group = (share, spec) => ({ share, policy: spec })
  const groups = {
    paloma: group(1_000_000, policy),
    businessAsUsual: group(0, { kind: 'cadence', perWeek: 3, gapHours: 24, channels: ['push', 'email'] }),
    random: group(0, { kind: 'random', holdProbability: 0.5 }),
    holdout: group(0, { kind: 'holdout' }),
  }
  return {
    version: 'benchmark',
    ...parts,
    groups,
    groupSalt: 'benchmark',
    prices: { 'channel:push': 0.01 },
    state: prior,
  }
}

/** A state that has seen `examples` logged decisions with noisy rewards: dense covariances, scores that compete. */
function learned(snapshot, requests, random) {
  const batches = Object.fromEntries(OBJECTIVES.map(({ name }) => [name, { examples: [], until: NOW }]))
  for (let i = 0; i < 1_500; i += 1) {
    const request = requests[i % requests.length]
    const { learning } = decide(snapshot, request, { now: NOW, random })
    if (learning === null) continue
    const features = [...learning.baseline, ...learning.centred]
    for (const { name } of OBJECTIVES) {
      const reward = noise[name] * (random() + random() + random() - 1.5) * 2
      batches[name].examples.push({ features, reward })
    }
  }
  return learn(snapshot.state, batches, { at: NOW, keep: 1, prior: snapshot.state, objectives: snapshot.objectives })
}

/**
 * Requests of 256 users with `candidates` eligible candidates each, and a snapshot per policy. Objectives are modelled by `effects`, with a
 * learned state of four heads, 32 action features each; or by `sends` or `visits`, with a state that has learned nothing. Seeded: the same on every machine.
 */
export function decisionScene(candidates, model = 'effects') {
  const random = randomFrom(`scene ${candidates}`)
  const objectives = MODELS[model]
  if (objectives === undefined) throw new RangeError(`model must be one of ${Object.keys(MODELS)}, got ${model}`)
  const shape = SHAPES[candidates]
  if (shape === undefined) throw new RangeError(`candidates must be one of ${Object.keys(SHAPES)}, got ${candidates}`)
  const requests = Array.from({ length: 256 }, (_, i) => {
    const user = userOf(i, random)
    const opportunities = opportunitiesOf(user.profile.userId, shape, random)
    return { decisionId: `d-${i}`, user, opportunities, context: { screen: 'home' }, trigger: 'request' }
  })
  const prior = snapshotOf(POLICIES.softmax, objectives)
  const state = model === 'effects' ? learned(prior, requests, random) : prior.state
  const snapshots = Object.fromEntries(
    Object.entries(POLICIES).map(([name, policy]) => [name, { ...snapshotOf(policy, objectives), state }]),
  )
  const seen = decide(snapshots.greedy, requests[0], { now: NOW, random: () => 0.5 })
  if (seen.actions.length !== candidates + 1) {
    throw new RangeError(`the scene must have ${candidates} eligible candidates, got ${seen.actions.length - 1}`)
  }
  return { requests, snapshots, actionWidth: shapeOf(snapshots.greedy).actionWidth }
}

import type { FeatureSpec, Objective, Rules } from '@paloma/core/domain'
import type { Config } from '../../config/contract.ts'
import { defaultConfig } from '../../config/default-config.ts'
import { defineConfig } from '../../config/define-config.ts'

/** Where the demo's messages go: the gateway of the simulated company. */
export interface DemoGateway {
  readonly url: string
  readonly secret: string
}

const GATEWAY_TIMEOUT_MS = 10_000
/** The shop hands its events over once a day. */
const LATENESS_HOURS = 26

/** The traits of the shop's address book that decisions may look at. */
const TRAITS: readonly FeatureSpec[] = [
  { kind: 'category', source: 'user', name: 'plan', values: ['plus', 'premium'] },
  { kind: 'number', source: 'user', name: 'priceSensitivity', centre: 0.5, scale: 0.5 },
  { kind: 'number', source: 'user', name: 'visitsPerWeek', centre: 0.7, scale: 1, log1p: true },
  { kind: 'number', source: 'user', name: 'orders90d', centre: 0.7, scale: 1, log1p: true },
  { kind: 'number', source: 'user', name: 'recencyDays', centre: 2, scale: 2, log1p: true },
  { kind: 'number', source: 'user', name: 'tenureDays', centre: 5.5, scale: 2, log1p: true },
  { kind: 'category', source: 'variant', name: 'wording', values: ['saving', 'favourite', 'stories', 'picks'] },
  { kind: 'number', source: 'opportunity', name: 'score', centre: 0.5, scale: 0.5 },
  { kind: 'match', source: 'opportunity', name: 'topic', trait: 'affinity' },
]

/** What a user brings in half a year, from the books, and a guess of the part that hangs on one channel. */
const EUR_PER_HALF_YEAR = 80
const CARRIED_BY_A_CHANNEL = 0.05
const HALF_YEAR_DAYS = 180
const EUR_PER_CONTACTABLE_DAY = (CARRIED_BY_A_CHANNEL * EUR_PER_HALF_YEAR) / HALF_YEAR_DAYS
/**
 * Scores err upwards where they look best, and what irritates people for longer than a window is not in them: a day counts so many
 * times as dear as what it would have carried. Twice what half a year takes: in four weeks most is spent on finding out.
 */
const CAUTION = 32
/** So many days of later sends count in what a send costs. */
const LOOK_AHEAD_DAYS = 14

/** A usual basket, from the books. */
const EUR_PER_ORDER = 40
/** A guess: half of those whom a push or an e-mail brings do not tap it, or buy another day. */
const TRACED = { push: 0.5, email: 0.5 }

/**
 * The owner is careful: effects are expected to be small, a lost channel to be dear, tired users to answer less. Orders and taps name their
 * message. But for caution and sharpness, the settings are those of half a year in the simulated world, `npm run bench:world`.
 */
const CAREFUL: Readonly<Record<string, Partial<Objective>>> = {
  conversion: {
    model: 'response',
    worth: EUR_PER_ORDER,
    traced: TRACED,
    priorEffect: {},
    lookAheadDays: LOOK_AHEAD_DAYS,
    priorEffectSd: 0.0006 * EUR_PER_ORDER,
    noiseSd: 0.22 * EUR_PER_ORDER,
  },
  engagement: {
    model: 'response',
    traced: TRACED,
    priorEffect: {},
    lookAheadDays: LOOK_AHEAD_DAYS,
    aggregate: 'sum',
    priorEffectSd: 0.025,
    noiseSd: 0.8,
  },
  retention: { priorEffectSd: 0.05 },
  reachability: {
    model: 'hazard',
    weight: CAUTION * EUR_PER_CONTACTABLE_DAY,
    worthPerDay: EUR_PER_CONTACTABLE_DAY,
    scale: HALF_YEAR_DAYS,
  },
}

const OBJECTIVES: readonly Objective[] = defaultConfig.objectives.map((objective) => ({
  ...objective,
  ...CAREFUL[objective.name],
}))

/** The channels that the shop has; its application shows one message at a time. */
const CHANNELS: Rules['channels'] = {
  push: { consent: 'opt-out', pricePerSend: 0.005 },
  email: { consent: 'opt-out', pricePerSend: 0.005 },
  'in-app': { consent: 'opt-out', pricePerSend: 0.001, showsOne: true },
}

/** Four weeks are short: explore an eighth as widely as the uncertainty would allow (variances divided by 64). */
const SHARPNESS = 64

/**
 * The configuration of the demo's shop, as its owner would write it: objectives in euros, caps, quiet hours, the four
 * groups, and the traits that may be looked at. Nothing in it knows how the simulated people work.
 */
export function demoConfig({ url, secret }: DemoGateway): Config {
  const webhook = { kind: 'webhook', url, secret, timeoutMs: GATEWAY_TIMEOUT_MS } as const
  return defineConfig({
    objectives: OBJECTIVES,
    // What a variant says, its `wording` tells.
    features: { features: TRAITS, messageBuckets: 13, variantBuckets: 0 },
    rules: {
      channels: CHANNELS,
      quietHours: [{ channels: ['push', 'email'], startMinute: 21 * 60, endMinute: 8 * 60, behaviour: 'wait' }],
      slots: { localHours: [9, 19], horizonHours: 24 },
    },
    groups: {
      paloma: { share: 250_000, policy: { kind: 'thompson', floor: 0.01, sharpness: SHARPNESS } },
      businessAsUsual: {
        share: 250_000,
        policy: { kind: 'cadence', perWeek: 3, gapHours: 36, channels: ['push', 'email'], localHour: 19 },
      },
      random: { share: 250_000, policy: { kind: 'random', holdProbability: 0.05 } },
      holdout: { share: 250_000, policy: { kind: 'holdout' } },
    },
    adapters: { push: webhook, email: webhook, 'in-app': { kind: 'inbox' } },
    learning: { latenessHours: LATENESS_HOURS, everyMinutes: 24 * 60 },
  })
}

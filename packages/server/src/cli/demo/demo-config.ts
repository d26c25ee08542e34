import type { FeatureSpec, Objective } from '@paloma/core/domain'
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
]

/** What one day of being able to reach a user on one channel is worth to the shop, and how many such days an opt-out ends. */
const EUR_PER_CONTACTABLE_DAY = 0.28
const DAYS_LOST = 180

/** A usual basket, from the books. */
const EUR_PER_ORDER = 40
/** A guess: half of those whom a push or an e-mail brings do not tap it, or buy another day. */
const TRACED = { push: 0.5, email: 0.5 }

/** The owner is careful: effects are expected to be small, and a lost channel to be dear. Orders and taps name their message. */
const CAREFUL: Readonly<Record<string, Partial<Objective>>> = {
  conversion: { model: 'response', worth: EUR_PER_ORDER, traced: TRACED, priorEffectSd: 0.05, noiseSd: 9 },
  engagement: { model: 'response', traced: TRACED, aggregate: 'sum', priorEffectSd: 0.025, noiseSd: 0.8 },
  retention: { priorEffectSd: 0.05 },
  reachability: { model: 'hazard', weight: EUR_PER_CONTACTABLE_DAY, scale: DAYS_LOST },
}

const OBJECTIVES: readonly Objective[] = defaultConfig.objectives.map((objective) => ({
  ...objective,
  ...CAREFUL[objective.name],
}))

/** Four weeks are short: explore a quarter as widely as the uncertainty would allow (variances divided by 16). */
const SHARPNESS = 16

/**
 * The configuration of the demo's shop, as its owner would write it: objectives in euros, caps, quiet hours, the four
 * groups, and the traits that may be looked at. Nothing in it knows how the simulated people work.
 */
export function demoConfig({ url, secret }: DemoGateway): Config {
  const webhook = { kind: 'webhook', url, secret, timeoutMs: GATEWAY_TIMEOUT_MS } as const
  return defineConfig({
    objectives: OBJECTIVES,
    features: { features: TRAITS, messageBuckets: 8 },
    rules: {
      quietHours: [{ channels: ['push', 'email'], startMinute: 21 * 60, endMinute: 8 * 60, behaviour: 'wait' }],
      slots: { localHours: [9, 13, 19], horizonHours: 30 },
    },
    groups: {
      paloma: { share: 400_000, policy: { kind: 'thompson', floor: 0.02, sharpness: SHARPNESS } },
      businessAsUsual: {
        share: 200_000,
        policy: { kind: 'cadence', perWeek: 3, gapHours: 36, channels: ['push', 'email'], localHour: 19 },
      },
      random: { share: 200_000, policy: { kind: 'random', holdProbability: 0.05 } },
      holdout: { share: 200_000, policy: { kind: 'holdout' } },
    },
    adapters: { push: webhook, email: webhook, 'in-app': { kind: 'inbox' } },
    learning: { latenessHours: LATENESS_HOURS, everyMinutes: 24 * 60 },
  })
}

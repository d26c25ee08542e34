import { initialState, shapeOf } from '@paloma/core'
import type { FeatureSpec, Group, PolicySpec, Snapshot } from '@paloma/core/domain'
import type { Config } from '../../../config/contract.ts'
import { defaultConfig } from '../../../config/default-config.ts'

/** The policies a log can be written under: all decisions of such a log are of one comparison group. */
export const LOG_POLICIES = ['random', 'cadence'] as const
export type LogPolicy = (typeof LOG_POLICIES)[number]

/** The traits of the world's address book that decisions may look at. */
const TRAITS: readonly FeatureSpec[] = [
  { kind: 'category', source: 'user', name: 'plan', values: ['plus', 'premium'] },
  { kind: 'number', source: 'user', name: 'priceSensitivity', centre: 0.5, scale: 0.5 },
  { kind: 'number', source: 'user', name: 'visitsPerWeek', centre: 0.7, scale: 1, log1p: true },
  { kind: 'number', source: 'user', name: 'orders90d', centre: 0.7, scale: 1, log1p: true },
  { kind: 'number', source: 'user', name: 'recencyDays', centre: 2, scale: 2, log1p: true },
  { kind: 'number', source: 'user', name: 'tenureDays', centre: 5.5, scale: 2, log1p: true },
  { kind: 'number', source: 'opportunity', name: 'score', centre: 0.5, scale: 0.5 },
]

/** Afternoon and evening of the day on which a decision is asked for in the morning. */
const SLOTS = { localHours: [13, 19], horizonHours: 12 } as const

/** The configuration behind a simulated log: the default one, with the world's traits. */
export const LOG_CONFIG: Config = {
  ...defaultConfig,
  features: { features: TRAITS, messageBuckets: 8 },
  rules: { ...defaultConfig.rules, slots: SLOTS },
}

const HOLD_PROBABILITY = 0.5

const SPECS: Readonly<Record<LogPolicy, { readonly group: Group; readonly policy: PolicySpec }>> = {
  random: { group: 'random', policy: { kind: 'random', holdProbability: HOLD_PROBABILITY } },
  cadence: {
    group: 'businessAsUsual',
    policy: { kind: 'cadence', perWeek: 3, gapHours: 36, channels: ['push', 'email'], localHour: 19 },
  },
}

/** The snapshot of all decisions of a log: everybody in the one group, nothing learned. */
export function logSnapshot(policy: LogPolicy, startAt: number): Snapshot {
  const { objectives, rules, features, groupSalt, prices } = LOG_CONFIG
  const parts = { objectives, rules, features }
  const { group, policy: spec } = SPECS[policy]
  const none = { share: 0, policy: { kind: 'holdout' } } as const
  const groups = { paloma: none, businessAsUsual: none, random: none, holdout: none }
  return {
    version: `simulated-${policy}`,
    ...parts,
    groupSalt,
    prices,
    groups: { ...groups, [group]: { share: 1_000_000, policy: spec } },
    state: initialState(objectives, shapeOf(parts), startAt),
  }
}

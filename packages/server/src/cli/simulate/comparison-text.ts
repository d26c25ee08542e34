import type { Estimate } from '@paloma/core'
import { POLICIES, type RunMetric, SCENARIOS } from '@paloma/core/simulation'
import { alignTable, showNumber } from '../print/index.ts'
import type { Comparison, PolicyResult } from './compare.ts'
import { tradeOffText } from './trade-off.ts'

/** Metrics of the table, with the digits they are shown with. */
const SHOWN: readonly (readonly [RunMetric, string, number])[] = [
  ['value', 'value', 2],
  ['activeDays', 'active days', 2],
  ['engagement', 'engagement', 2],
  ['sends', 'sends', 1],
  ['pushReach', 'push reach', 3],
  ['emailReach', 'email reach', 3],
  ['optOuts', 'opt-outs', 3],
]

function fixed(value: number | null, digits: number): string {
  return value === null ? '–' : value.toFixed(digits)
}

/** `1.20 [0.40, 2.00]`, or the mean alone where there is no interval. */
export function estimateText(estimate: Estimate, digits: number): string {
  if (estimate.kind === 'undefined') return fixed(estimate.mean, digits)
  return `${fixed(estimate.mean, digits)} [${fixed(estimate.low, digits)}, ${fixed(estimate.high, digits)}]`
}

function differenceCell({ difference }: PolicyResult): string {
  return difference === null ? 'reference' : estimateText(difference.value, 2)
}

/** The comparison for a person at a terminal. */
export function comparisonText(comparison: Comparison): string {
  const { scenario, users, days, seeds, reference, level, currency, policies } = comparison
  const header = ['policy', `value − ${reference}, ${currency}`, ...SHOWN.map(([, label]) => label)]
  const rows = policies.map((policy) => [
    policy.name,
    differenceCell(policy),
    ...SHOWN.map(([metric, , digits]) => fixed(policy.perUser[metric].mean, digits)),
  ])
  const seedText = seeds.length === 1 ? `seed ${seeds[0]}` : `seeds ${seeds.join(', ')}`
  return `${scenario}: ${showNumber(users)} users, ${days} days, ${seedText}. Means per user; differences paired user by user, ${level * 100} % intervals.

${alignTable(header, rows)}

${tradeOffText(comparison.tradeOff)}`
}

/** All scenarios and policies, for `--list`. */
export function listText(): string {
  const scenarios = SCENARIOS.map(({ name, about = '', size }) => [
    name,
    size === undefined ? '' : `${showNumber(size.users)} × ${size.days}`,
    about,
  ])
  const policies = POLICIES.map(({ name, about }) => [name, about])
  return `Scenarios (or a .json, .yaml or .yml file):
${alignTable(['name', 'users × days', 'about'], scenarios, 3)}

Policies (or a .mjs or .js file; N from 1 to 7):
${alignTable(['name', 'about'], policies, 2)}`
}

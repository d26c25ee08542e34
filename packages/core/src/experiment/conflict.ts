import type { BucketRange, ExperimentLearning, Group, LayerPlace, VariantChange } from '../domain/index.ts'

/** What of an experiment decides whether it may run beside another. */
export interface Footprint {
  readonly key: string
  readonly layer: LayerPlace
  readonly groups: readonly Group[]
  readonly isExclusive: boolean
  readonly learning: ExperimentLearning
  readonly changes: readonly VariantChange[]
  /** Shared limits that it cuts into parts. */
  readonly budgetSplit?: readonly string[]
}

/** Why two experiments may not run side by side. */
export interface Conflict {
  readonly key: string
  readonly reason: string
}

/** Whether some user may be in both. Buckets of one salt are compared; other salts, and traits, cut across. */
export function sharesUsers(a: Footprint, b: Footprint): boolean {
  if (!a.groups.some((group) => b.groups.includes(group))) return false
  return a.layer.salt !== b.layer.salt || overlaps(a.layer, b.layer)
}

function overlaps(a: BucketRange, b: BucketRange): boolean {
  return a.from < b.until && b.from < a.until
}

/**
 * The first running experiment that stands in the way, or null: one that would share users although either is exclusive,
 * although both lie in the same layer, or although both change the same thing. Traits are not looked at: that two
 * sets of conditions never meet cannot be known.
 */
export function conflictOf(experiment: Footprint, running: readonly Footprint[]): Conflict | null {
  for (const other of running) {
    if (other.key === experiment.key || !sharesUsers(experiment, other)) continue
    const { key } = other
    const exclusive = [experiment, other].find(({ isExclusive }) => isExclusive)
    if (exclusive !== undefined) return { key, reason: `${exclusive.key} is exclusive, and both would share users` }
    if (experiment.layer.name === other.layer.name) {
      return { key, reason: `both own the same buckets of the layer ${other.layer.name}` }
    }
    const both = surfaceOf(other).find((thing) => surfaceOf(experiment).includes(thing))
    if (both !== undefined) return { key, reason: `both change ${both}, and they would share users` }
  }
  return null
}

/** What the variants of an experiment change, each thing by name. */
function surfaceOf({ changes, learning, budgetSplit = [] }: Footprint): readonly string[] {
  const changed = changes.flatMap(({ policy, weights = {}, prices = {}, rules = {}, messages = {} }) => [
    ...(policy === undefined ? [] : ['the policy']),
    ...Object.keys(weights).map((name) => `the weight of ${name}`),
    ...Object.keys(prices).map((name) => `the price of ${name}`),
    ...Object.keys(rules).map((name) => `rules.${name}`),
    ...Object.keys(messages).map((name) => `the message ${name}`),
  ])
  const all = [...changed, ...budgetSplit.map((name) => `the parts of the limit ${name}`)]
  return learning === 'shared' ? all : ['the policy state', ...all]
}

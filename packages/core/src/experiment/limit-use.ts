import type { EpochMs, RunningExperiment, SharedLimit, UserId } from '../domain/index.ts'
import { BUCKETS } from './assignment.ts'
import { splitLimit } from './budget-split.ts'
import { hashedVariant, phaseAt } from './membership.ts'
import { weightsOfRanges } from './variant-ranges.ts'

/** A part of a shared limit: what it is counted under, and how much it is. */
export interface LimitPart {
  /** `<limit>` for users outside of experiments, `<limit>/<experiment>=<variant>` for those of a variant. */
  readonly name: string
  readonly most: number
}

type Splitting = Pick<RunningExperiment, 'key' | 'salt' | 'layer' | 'unit' | 'phases' | 'budgetSplit'>

/**
 * Every part of a shared limit at a moment, the one of users outside first: each variant of an experiment that splits it has
 * a part in proportion to the hash buckets it owns, whoever of their users is in the end reached. The parts sum to the limit.
 */
export function limitParts(limit: SharedLimit, running: readonly Splitting[], now: EpochMs): readonly LimitPart[] {
  const parts = running.flatMap((experiment) => partsOf(limit, experiment, now))
  const taken = parts.reduce((sum, { most }) => sum + most, 0)
  return [{ name: limit.name, most: Math.max(0, limit.sendsPerDay - taken) }, ...parts]
}

function partsOf(limit: SharedLimit, experiment: Splitting, now: EpochMs): readonly LimitPart[] {
  const { layer, phases, budgetSplit = [], key } = experiment
  const phase = phases[phaseAt(phases, now)]
  if (phase === undefined || !budgetSplit.includes(limit.name)) return []
  const share = Math.floor(((layer.until - layer.from) * phase.traffic) / BUCKETS)
  const weights = Object.entries(weightsOfRanges(phase.ranges)).map(([name, own]) => ({ name, share: own }))
  const { variants } = splitLimit(limit.sendsPerDay, { weights, share })
  return Object.entries(variants).map(([variant, most]) => ({ name: partName(limit, key, variant), most }))
}

function partName({ name }: SharedLimit, experiment: string, variant: string): string {
  return `${name}/${experiment}=${variant}`
}

/** The name of the part that a user draws on. */
export function limitPartOf(
  limit: SharedLimit,
  running: readonly Splitting[],
  { userId, now }: { readonly userId: UserId; readonly now: EpochMs },
): string {
  for (const experiment of running) {
    if (experiment.budgetSplit?.includes(limit.name) !== true) continue
    const variant = hashedVariant(experiment, userId, now)
    if (variant !== null) return partName(limit, experiment.key, variant)
  }
  return limit.name
}

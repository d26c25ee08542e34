import type { EpochMs, Group, Phase, RunningExperiment, UserProfile } from '../domain/index.ts'
import { bucketOf } from './assignment.ts'
import { takesPart } from './layer.ts'
import { clusterOf, isWashout, slotAt } from './switchback.ts'
import { isTargeted } from './targeting.ts'
import { variantAt } from './variant-ranges.ts'

/** A user as assignment sees him. */
export interface Subject {
  readonly profile: Pick<UserProfile, 'userId' | 'traits' | 'consent'>
  readonly group: Group
}

/** The variant of an experiment that a user meets at a moment. */
export interface Membership {
  readonly variant: string
  /** Number of the phase, from 0. */
  readonly phase: number
  /** An earlier phase had the user in another variant: comparisons leave him out from here on. */
  readonly moved: boolean
  /** False in the washout of a switchback slot: the variant holds, but what happens does not count. */
  readonly counts: boolean
  /** Number of the slot of time, for switchbacks. */
  readonly slot?: number
  /** Whose slot it is, where clusters have their own. */
  readonly cluster?: string
}

/** The second hash: which variant, independent of whether a user takes part at all. */
export function variantBucket({ salt }: Pick<RunningExperiment, 'salt'>, unit: string): number {
  return bucketOf(`${salt}/variant`, unit)
}

/** Index of the phase a moment lies in, or −1 before the first. */
export function phaseAt(phases: readonly Phase[], now: EpochMs): number {
  let at = -1
  for (let i = 0; i < phases.length; i += 1) if (phases[i]!.since <= now) at = i
  return at
}

/**
 * Which variant a user is in at a moment; null for who is in none: outside the experiment's buckets, groups or traits,
 * or unwilling to be explored on. A function of salts, id, traits and time alone, so that every server says the same.
 */
export function membershipOf(experiment: RunningExperiment, subject: Subject, now: EpochMs): Membership | null {
  const { phases, layer, groups, targeting, unit } = experiment
  const { profile, group } = subject
  const phase = phaseAt(phases, now)
  if (phase < 0 || !groups.includes(group) || !profile.consent.exploration) return null
  if (!takesPart(layer, phases[phase]!, profile.userId) || !isTargeted(targeting, profile.traits)) return null
  if (unit.kind === 'switchback') {
    const cluster = clusterOf(unit, profile.traits)
    return cluster === null ? null : slotMembership({ ...experiment, unit }, cluster, now)
  }
  const bucket = variantBucket(experiment, profile.userId)
  const variant = variantAt(phases[phase]!.ranges, bucket)
  const moved = phases
    .slice(0, phase)
    .some((earlier) => takesPart(layer, earlier, profile.userId) && variantAt(earlier.ranges, bucket) !== variant)
  return { variant, phase, moved, counts: true }
}

/**
 * The variant that hashing alone gives a user at a moment, whether he was exposed or not; null for who takes no part, or where
 * time is what was randomised. Nothing that happened after the assignment enters, so that it may tell users apart.
 */
export function hashedVariant(
  { phases, layer, salt, unit }: Pick<RunningExperiment, 'phases' | 'layer' | 'salt' | 'unit'>,
  userId: string,
  now: EpochMs,
): string | null {
  const phase = phases[phaseAt(phases, now)]
  if (phase === undefined || unit.kind !== 'user' || !takesPart(layer, phase, userId)) return null
  return variantAt(phase.ranges, variantBucket({ salt }, userId))
}

type Switchback = RunningExperiment & {
  readonly unit: Extract<RunningExperiment['unit'], { readonly kind: 'switchback' }>
}

/** The variant of a whole slot, of a cluster where there are any, by the phase in which it began. */
function slotMembership(experiment: Switchback, cluster: string | undefined, now: EpochMs): Membership {
  const { phases, unit } = experiment
  const slot = slotAt(unit, now)
  const phase = Math.max(0, phaseAt(phases, slot.since))
  const own = cluster === undefined ? '' : `/${cluster}`
  const variant = slotVariant(experiment, `${slot.number}${own}`, phase)
  const before = slotAt(unit, slot.since - 1)
  const phaseBefore = phaseAt(phases, before.since)
  const hasChanged = phaseBefore < 0 || slotVariant(experiment, `${before.number}${own}`, phaseBefore) !== variant
  const counts = !isWashout(unit, slot, { now, hasChanged })
  const found = { variant, phase, moved: false, counts, slot: slot.number }
  return cluster === undefined ? found : { ...found, cluster }
}

function slotVariant(experiment: Switchback, slot: string, phase: number): string {
  return variantAt(experiment.phases[phase]!.ranges, variantBucket(experiment, `slot-${slot}`))
}

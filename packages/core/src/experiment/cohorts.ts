import type { EpochMs, Phase, RunningExperiment, VariantRange } from '../domain/index.ts'
import { BUCKETS } from './assignment.ts'
import { takesPart } from './layer.ts'
import { variantBucket } from './membership.ts'
import { variantAt } from './variant-ranges.ts'

/** Users who were first exposed in the same phase and whom no later change of weights moves. */
export interface Cohort {
  /** Number of the phase, from 0. */
  readonly phase: number
  /** Expected share by variant, summing to 1. */
  readonly weights: Readonly<Record<string, number>>
}

/** The part of a ramp in which all variants can be compared. */
export interface ReadablePart {
  readonly phases: readonly Phase[]
  /** When a change of weights left a variant without users; null while there was none. */
  readonly until: EpochMs | null
  /** By phase; within one the shares stand still, so that comparing inside cohorts is free of the ramp. */
  readonly cohorts: readonly Cohort[]
  /** Weights changed: cohorts differ in their shares. */
  readonly isReweighted: boolean
}

/**
 * How a ramp is to be read. Whoever a change of weights moved after his first exposure is left out, seen again or not: within
 * a cohort that is decided by the hash alone, so that leaving out biases nothing, whereas keeping him under his first
 * variant would mix two treatments. Who came later than the change met one variant only, and counts: when a user is
 * first exposed does not depend on his variant.
 */
export function readablePart(phases: readonly Phase[]): ReadablePart {
  let end = 1
  while (end < phases.length && keepsAll(phases.slice(0, end + 1))) end += 1
  const readable = phases.slice(0, end)
  const cohorts = readable.map((_, phase) => ({ phase, weights: shareOf(keptRanges(readable.slice(phase))) }))
  const [first] = readable
  const isReweighted = readable.some(({ ranges }) => JSON.stringify(ranges) !== JSON.stringify(first?.ranges))
  return { phases: readable, until: phases[end]?.since ?? null, cohorts, isReweighted }
}

function keepsAll(phases: readonly Phase[]): boolean {
  const names = new Set(keptRanges(phases).map(({ variant }) => variant))
  return phases[0]!.ranges.every(({ variant }) => names.has(variant))
}

/** Ranges whose variant is the same in all phases. */
function keptRanges(phases: readonly Phase[]): readonly VariantRange[] {
  const edges = [...new Set(phases.flatMap(({ ranges }) => ranges.map(({ from }) => from)))].sort((a, b) => a - b)
  return edges.flatMap((from, i) => {
    const [variant, ...others] = phases.map(({ ranges }) => variantAt(ranges, from))
    return others.every((other) => other === variant)
      ? [{ variant: variant!, from, until: edges[i + 1] ?? BUCKETS }]
      : []
  })
}

function shareOf(ranges: readonly VariantRange[]): Readonly<Record<string, number>> {
  const whole = ranges.reduce((sum, { from, until }) => sum + until - from, 0)
  const shares: Record<string, number> = {}
  for (const { variant, from, until } of ranges) {
    shares[variant] = (shares[variant] ?? 0) + (until - from) / whole
  }
  return shares
}

type Ramp = Pick<RunningExperiment, 'layer' | 'salt'> & { readonly phases: readonly Phase[] }

/** Where a user belongs when a ramp is read: the number of his cohort, or why in none. `phase` is that of his first exposure. */
export function cohortOf(
  { layer, salt, phases }: Ramp,
  { userId, phase }: { readonly userId: string; readonly phase: number },
): number | 'moved' | 'outside' {
  const first = phases[phase]
  if (first === undefined || !takesPart(layer, first, userId)) return 'outside'
  const bucket = variantBucket({ salt }, userId)
  const variants = new Set(phases.slice(phase).map(({ ranges }) => variantAt(ranges, bucket)))
  return variants.size > 1 ? 'moved' : phase
}

/** Whether a user may be in a cohort, whenever he was first exposed. */
export function mayBeInCohort({ layer, phases }: Omit<Ramp, 'salt'>, userId: string): boolean {
  return phases.some((phase) => takesPart(layer, phase, userId))
}

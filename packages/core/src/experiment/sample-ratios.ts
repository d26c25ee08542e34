import type { Phase } from '../domain/index.ts'
import { startSampleRatio, updateSampleRatio } from '../statistics/index.ts'
import { BUCKETS } from './assignment.ts'
import { weightsOfRanges } from './variant-ranges.ts'

/** Users whose first exposure fell into a phase, by variant. */
export interface PhaseCount {
  readonly phase: number
  readonly variant: string
  readonly users: number
}

/** Whether the users of one phase split as planned. */
export interface PhaseSampleRatio {
  readonly phase: number
  /** Planned share, from 0 to 1, and users, by variant. */
  readonly variants: Readonly<Record<string, { readonly share: number; readonly users: number }>>
  /** Null where nobody was exposed in the phase: there is nothing to test. */
  readonly pValue: number | null
  readonly isMismatch: boolean
}

/**
 * The sequential sample ratio test of each phase, on exposed users: it may be looked at as often as one likes while the
 * experiment runs. Phases are tested apart, because their weights differ; a variant nobody planned counts with share 0.
 */
export function sampleRatios(
  phases: readonly Pick<Phase, 'ranges'>[],
  counts: readonly PhaseCount[],
): readonly PhaseSampleRatio[] {
  return phases.map(({ ranges }, phase) => {
    const weights = weightsOfRanges(ranges)
    const here = counts.filter((count) => count.phase === phase)
    const names = [...new Set([...Object.keys(weights), ...here.map(({ variant }) => variant)])]
    const rows = names.map((name) => ({
      name,
      share: (weights[name] ?? 0) / BUCKETS,
      users: here.reduce((sum, { variant, users }) => (variant === name ? sum + users : sum), 0),
    }))
    const state = updateSampleRatio(
      startSampleRatio(rows.map(({ share }) => share)),
      rows.map(({ users }) => users),
    )
    const variants = Object.fromEntries(rows.map(({ name, share, users }) => [name, { share, users }]))
    const isEmpty = rows.every(({ users }) => users === 0)
    return { phase, variants, pValue: isEmpty ? null : state.pValue, isMismatch: state.isMismatch }
  })
}

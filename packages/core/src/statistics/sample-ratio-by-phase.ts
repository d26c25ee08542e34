import { type SampleRatio, sampleRatioTest } from './sample-ratio.ts'
import { type SampleRatioSeverity, sampleRatioSeverity, shareDeviation } from './sample-ratio-severity.ts'

/** Units of a stretch of time in which the planned shares did not change. */
export interface SplitPhase {
  readonly name: string
  readonly counts: readonly number[]
  readonly shares: readonly number[]
}

export interface PhaseSplit {
  readonly name: string
  readonly test: SampleRatio
  readonly deviation: number
  readonly severity: SampleRatioSeverity
}

/** The splits of all phases. */
export interface SplitByPhase {
  readonly phases: readonly PhaseSplit[]
  /** Smallest p times the number of phases tested, at most 1: one test of all; null where no phase could be tested. */
  readonly pValue: number | null
  /** Of the phase that is worst. */
  readonly severity: SampleRatioSeverity
}

const BY_SEVERITY: readonly SampleRatioSeverity[] = ['alert', 'warning', 'none']

/**
 * χ² of the split, phase by phase: when planned shares change (a ramp), counts over all time have no one split to be
 * compared with, and faults of opposite sign would cancel. Give it assigned units, and once more those that were exposed.
 * One look, as for `sampleRatioTest`, whose RangeErrors it throws.
 */
export function sampleRatioByPhase(input: readonly SplitPhase[]): SplitByPhase {
  const phases = input.map(({ name, counts, shares }) => {
    const test = sampleRatioTest(counts, shares)
    const deviation = shareDeviation(counts, shares)
    return {
      name,
      test,
      deviation,
      severity: sampleRatioSeverity(test.kind === 'test' ? test.pValue : null, deviation),
    }
  })
  const values = phases.flatMap(({ test }) => (test.kind === 'test' ? [test.pValue] : []))
  const worst = BY_SEVERITY.find((severity) => phases.some((phase) => phase.severity === severity))
  return {
    phases,
    pValue: values.length === 0 ? null : Math.min(1, values.length * Math.min(...values)),
    severity: worst ?? 'none',
  }
}

import type { Conclusion, ExperimentAction, ExperimentDesign, ExperimentStatus, MetricRole } from '@paloma/core/domain'
import type { IsoTime } from './answers.ts'

/** An experiment: its design and what has become of it. Shares are millionths. */
export interface ExperimentAnswer {
  readonly design: ExperimentDesign
  readonly status: ExperimentStatus
  readonly createdAt: IsoTime
  readonly phases: readonly {
    readonly since: IsoTime
    readonly traffic: number
    readonly weights: Readonly<Record<string, number>>
  }[]
  readonly end: { readonly at: IsoTime; readonly decision: Conclusion; readonly reason: string } | null
}

export interface ExperimentDetail extends ExperimentAnswer {
  /** What a start would refuse now. */
  readonly faults: readonly { readonly pointer: string; readonly detail: string }[]
  /** The audit trail, oldest first. */
  readonly changes: readonly {
    readonly revision: number
    readonly at: IsoTime
    readonly actor: string
    readonly action: ExperimentAction
    readonly note: string
  }[]
}

export interface Exposures {
  readonly users: number
  /** Exposed to more than one variant. */
  readonly crossed: number
  readonly sampleRatios: readonly {
    readonly phase: number
    readonly variants: Readonly<Record<string, { readonly share: number; readonly users: number }>>
    /** Null where nobody was exposed in the phase. */
    readonly pValue: number | null
    readonly isMismatch: boolean
  }[]
}

/** An estimate, or why there is none. */
export type Estimate =
  | { readonly kind: 'estimate'; readonly mean: number; readonly low: number; readonly high: number }
  | { readonly kind: 'undefined'; readonly words: string; readonly mean: number | null }

export interface Side {
  readonly users: number
  readonly mean: number | null
}

/** The part of one metric's read-out that the console shows. */
export interface MetricAnswer {
  readonly metric: string
  readonly role: MetricRole
  readonly inverse: boolean
  readonly unit: string | null
  readonly verdict: 'better' | 'worse' | 'inconclusive' | 'unreliable'
  readonly treatment: Side
  readonly control: Side
  readonly absolute: Estimate
  readonly relative: Estimate
  readonly adjustment: { readonly kind: string; readonly varianceReduction: number }
  readonly nonInferiorityMargin: number | null
  readonly isNonInferior: boolean | null
  readonly test: { readonly alpha: number | null; readonly pValue: number | null; readonly method: string }
  readonly notes: readonly string[]
}

export interface ComparisonAnswer {
  readonly treatment: string
  readonly metrics: readonly MetricAnswer[]
}

export interface EffectOverTime {
  readonly treatment: string
  readonly metric: string
  readonly scale: 'relative' | 'absolute'
  readonly band: 'groupSequential' | 'confidenceSequence'
  readonly points: readonly {
    readonly day: string
    readonly users: number
    readonly effect: number | null
    readonly low: number | null
    readonly high: number | null
  }[]
}

export interface SegmentAnswer {
  readonly segment: string
  readonly value: string
  readonly treatment: string
  readonly metric: string
  readonly users: number
  readonly relative: Estimate
  readonly qValue: number | null
  readonly isDiscovery: boolean
}

/** What was looked at many times over, with its correction for that. */
export interface LookedFor {
  readonly pValue: number | null
  readonly qValue: number | null
  readonly isDiscovery: boolean
}

/** What may be asked beside the decision, and never enters it. */
export interface Exploration {
  readonly bayesian: readonly {
    readonly metric: string
    readonly prior: { readonly mean: number; readonly stddev: number }
    /** Why there is no answer, if there is none. */
    readonly words?: string
    readonly variants:
      | readonly { readonly variant: string; readonly chanceBest: number; readonly expectedLoss: number }[]
      | null
  }[]
  readonly novelty: readonly (LookedFor & {
    readonly treatment: string
    readonly metric: string
    readonly slope: Estimate
    readonly byDay: readonly Estimate[]
  })[]
  readonly interactions: readonly (LookedFor & {
    readonly experiment: string
    readonly beside: string
    readonly treatment: string
    readonly metric: string
    readonly interaction: Estimate
  })[]
}

/** The part of a read-out that the console shows. */
export interface ReadOut {
  readonly control: string
  readonly variants: readonly { readonly name: string; readonly weight: number; readonly users: number }[]
  readonly quality: {
    readonly checks: readonly {
      readonly name: string
      readonly status: 'passed' | 'warning' | 'failed' | 'unknown' | 'moot'
      readonly pValue: number | null
      readonly words: string
    }[]
  }
  readonly decision: {
    readonly verdict: 'invalid' | 'stop' | 'ship' | 'doNotShip' | 'keepRunning'
    readonly sentence: string
    readonly reasons: readonly { readonly words: string }[]
  }
  readonly comparisons: readonly ComparisonAnswer[]
  readonly segments: readonly SegmentAnswer[]
  readonly exploration: Exploration
  readonly exposures: readonly { readonly variant: string; readonly day: string; readonly users: number }[]
  readonly overTime: readonly EffectOverTime[]
}

export interface Results {
  readonly until: IsoTime
  readonly leftOut: { readonly moved: number; readonly outside: number }
  readonly readOut: ReadOut
}

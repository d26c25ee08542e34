import type { ExperimentReadOut, PlanReadOut } from '@paloma/core'
import type {
  Conclusion,
  ExperimentAction,
  ExperimentDesign,
  ExperimentStatus,
  ExperimentVariant,
  LayerPlace,
  MetricRole,
} from '@paloma/core/domain'
import type { IsoTime } from './wire.ts'

/** A design as it may be given: everything but key and variants has a default. Shares are millionths. */
export type ExperimentInput = Partial<Omit<ExperimentDesign, 'key' | 'variants'>> & {
  readonly key: string
  readonly variants: readonly (Pick<ExperimentVariant, 'name'> & Partial<ExperimentVariant>)[]
}

/** A step of a ramp; what is left out stays as it is. */
export interface RampInput {
  readonly traffic?: number
  readonly weights?: Readonly<Record<string, number>>
}

export interface StopInput {
  readonly decision: Conclusion
  readonly reason?: string
}

/** An experiment: its design and what has become of it. */
export interface WireExperiment {
  readonly design: ExperimentDesign
  readonly status: ExperimentStatus
  readonly createdAt: IsoTime
  /** The buckets its users come from, once it has started. */
  readonly layer: LayerPlace | null
  readonly phases: readonly {
    readonly since: IsoTime
    readonly traffic: number
    readonly weights: Readonly<Record<string, number>>
  }[]
  /** The policy state that was frozen, if any. */
  readonly stateId: number | null
  readonly end: { readonly at: IsoTime; readonly decision: Conclusion; readonly reason: string } | null
  readonly revision: number
}

/** What a start would refuse about it now. */
export interface WireDesignFault {
  readonly pointer: string
  readonly detail: string
}

export interface WireExperimentCreated extends WireExperiment {
  readonly faults: readonly WireDesignFault[]
}

export interface WireExperimentDetail extends WireExperimentCreated {
  /** The audit trail, oldest first. */
  readonly changes: readonly {
    readonly revision: number
    readonly at: IsoTime
    readonly actor: string
    readonly action: ExperimentAction
    readonly note: string
  }[]
}

/** Who was exposed to what, and whether the split is as planned. */
export interface WireExposures {
  readonly key: string
  readonly users: number
  /** Exposed to more than one variant. */
  readonly crossed: number
  readonly counts: readonly {
    readonly variant: string
    readonly phase: number
    readonly users: number
    readonly crossed: number
    readonly firstAt: IsoTime
    readonly lastAt: IsoTime
  }[]
  /** By phase: the sequential test of the split, which may be looked at any time. */
  readonly sampleRatios: readonly {
    readonly phase: number
    readonly variants: Readonly<Record<string, { readonly share: number; readonly users: number }>>
    /** Null where nobody was exposed in the phase. */
    readonly pValue: number | null
    readonly isMismatch: boolean
  }[]
}

/** What the log says of an experiment. */
export interface WireExperimentResults {
  /** Outcomes count up to here. */
  readonly until: IsoTime
  /** Users whom a change of weights moved, and users exposed who took part in no phase that can be read. */
  readonly leftOut: { readonly moved: number; readonly outside: number }
  /** Where they were asked for: experiments that are over whose effects count in the prior, and those that can no longer be read. */
  readonly past?: { readonly experiments: readonly string[]; readonly unreadable: readonly string[] } | undefined
  /** Quality first, then the decision with its reasons, then every effect. */
  readonly readOut: ExperimentReadOut
}

/** How long a design takes to decide, by the log's own history of its metrics. */
export interface WirePlanFromLog {
  readonly key: string
  /** Null where something stands in the way. */
  readonly plan: PlanReadOut | null
  readonly faults: readonly { readonly pointer: string; readonly detail: string }[]
  /** Every metric of the design, of units whose window had closed; `fault` says why a plan may not rest on it. */
  readonly metrics: readonly {
    readonly name: string
    readonly role: MetricRole
    readonly units: number
    readonly mean: number | null
    readonly stdDeviation: number | null
    /** Share of the variance that the time before exposure explains. */
    readonly explained: number | null
    readonly fault: string | null
  }[]
  /** Whom and when it looked at. */
  readonly basis: {
    readonly from: 'live' | 'history'
    readonly since: IsoTime
    readonly until: IsoTime
    /** Whole days over which arrivals were counted. */
    readonly days: number
    readonly unit: 'user' | 'slot'
    /** Units, and users, that would have been exposed. */
    readonly units: number
    readonly users: number
    /** Of them, those that the experiment's buckets and traffic take, 0 to 1. */
    readonly share: number
    readonly unitsPerDay: number | null
    /** Exposed users ÷ users that decisions were made for, in its groups and targeting; null of slots of time. */
    readonly triggerRate: number | null
  }
}

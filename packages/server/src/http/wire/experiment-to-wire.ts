import { type Experiment, type ExperimentChange, weightsOfRanges } from '@paloma/core'
import type { WireExperiment, WireExperimentDetail, WireExposures, WirePlanFromLog } from '@paloma/sdk'
import type { ExposureReport, PlanFromLog } from '../../usecases/contract.ts'
import { iso } from './to-wire.ts'

export function wireExperiment({ createdAt, phases, end, ...rest }: Experiment): WireExperiment {
  return {
    ...rest,
    createdAt: iso(createdAt),
    phases: phases.map(({ since, traffic, ranges }) => ({
      since: iso(since),
      traffic,
      weights: weightsOfRanges(ranges),
    })),
    end: end === null ? null : { ...end, at: iso(end.at) },
  }
}

export function wireChange({ key, at, ...change }: ExperimentChange): WireExperimentDetail['changes'][number] {
  return { ...change, at: iso(at) }
}

export function wireExposures({ counts, ...report }: ExposureReport): WireExposures {
  return {
    ...report,
    counts: counts.map(({ firstAt, lastAt, ...count }) => ({ ...count, firstAt: iso(firstAt), lastAt: iso(lastAt) })),
  }
}

export function wirePlan({ basis, ...plan }: PlanFromLog): WirePlanFromLog {
  return { ...plan, basis: { ...basis, since: iso(basis.since), until: iso(basis.until) } }
}

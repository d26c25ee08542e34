import type { Channel, Group } from '@paloma/core/domain'
import type { GroupComparison } from '../../../usecases/contract.ts'

/** One objective as the report names it. */
export interface ReportObjective {
  readonly name: string
  /** What one unit is called: `EUR`, `visits`, `active days`, `contactable days`. */
  readonly unit: string
  /** Value of one unit on the common scale. */
  readonly weight: number
}

/** Where one group stands at the end of one day. */
export interface DailyGroupPoint {
  /** 1 is the first day. */
  readonly day: number
  readonly group: Group
  /** Share of channels that were reachable at first and still are, 0 to 1. */
  readonly reach: number
  /** Sends per user on this day alone. */
  readonly sendsPerUser: number
  /** Combined objective per user from the first day to the end of this one, on the common scale. */
  readonly combinedPerUser: number
}

/** How often Paloma's group chose one action on one day. */
export interface DailyActions {
  readonly day: number
  readonly action: Channel | 'hold'
  readonly decisions: number
}

/** Decisions of like predicted value: what was promised, and what came. */
export interface CalibrationBin {
  readonly objective: string
  /** Mean predicted reward, in the objective's unit. */
  readonly predicted: number
  /** Mean realised reward with its interval. */
  readonly realised: number
  readonly low: number
  readonly high: number
  readonly decisions: number
}

/** Everything the demo report shows; the same data give the same bytes. */
export interface DemoReportData {
  readonly seed: string
  readonly users: number
  readonly days: number
  readonly objectives: readonly ReportObjective[]
  readonly comparison: GroupComparison
  readonly daily: readonly DailyGroupPoint[]
  readonly actions: readonly DailyActions[]
  /** Empty or absent: no calibration plot. */
  readonly calibration?: readonly CalibrationBin[]
  readonly replay: { readonly checked: number; readonly identical: number }
  /** Commands to try next, each with what it shows. */
  readonly commands: readonly { readonly about: string; readonly command: string }[]
  /** Sentences of the caller's own, shown under the verdict. */
  readonly notes?: readonly string[]
}

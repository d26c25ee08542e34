import type { IsoTime } from './wire.ts'

/** A mean and its interval; null where there are too few users, or nothing varies, to say. */
export interface WireInterval {
  readonly mean: number | null
  readonly low: number | null
  readonly high: number | null
}

export interface WireGroupComparison {
  readonly from: IsoTime
  readonly until: IsoTime
  readonly level: number
  readonly groups: Readonly<
    Record<
      string,
      {
        readonly users: number
        readonly sendsPerUser: number
        /** Share of the pairs of user and channel that could be reached at first and still can. */
        readonly reach: number | null
        readonly optOutsPerUser: number
        readonly objectives: Readonly<Record<string, WireInterval>>
        readonly combined: WireInterval
      }
    >
  >
  readonly differences: Readonly<Record<string, Readonly<Record<string, WireInterval>>>>
  /** By pair, in how many sets of matched users the difference was taken; only with `matchedBy`. */
  readonly matchedSets?: Readonly<Record<string, number>> | undefined
}

import type { EpochMs } from '../../domain/index.ts'
import type { HappeningKind } from '../happening.ts'
import type { WorldChannel } from '../scenario.ts'

/** One user of a log, as far as it is known. */
export interface LogUser {
  /** IANA time zone; null where the log does not say. */
  readonly timeZone: string | null
  readonly hasPush: boolean
  readonly hasEmail: boolean
}

/** One message that went out. */
export interface LogSend {
  /** Index into `WorldLog.users`. */
  readonly user: number
  readonly at: EpochMs
  readonly channel: WorldChannel
  readonly message: string
  /** The wording, where the log tells it. */
  readonly variant: string | null
  readonly isTransactional: boolean
}

/** One thing that happened. */
export interface LogEvent {
  readonly user: number
  readonly at: EpochMs
  readonly kind: HappeningKind
  /** 0 unless it is an order. */
  readonly revenue: number
  /** Index into `WorldLog.sends` of what it follows from, where that is known. */
  readonly send: number | null
}

/** What a decision log and its outcomes say about people: the least a world can be fitted to. Of any order. */
export interface WorldLog {
  /** Midnight UTC of the first day. */
  readonly startAt: EpochMs
  readonly days: number
  readonly users: readonly LogUser[]
  readonly sends: readonly LogSend[]
  readonly events: readonly LogEvent[]
}

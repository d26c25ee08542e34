import { DAY_MS, type EpochMs, limitPartOf, limitParts, type RunningExperiment, type SharedLimit } from '@paloma/core'
import type { Dispatch, DispatchVerdict } from '../store/contract.ts'

/** What shared limits leave at a moment. */
export interface LimitsNow {
  /** By counter, how far it may go. */
  readonly counters: ReadonlyMap<string, number>
  /** A verdict as far as limits go along with it: else the send waits for tomorrow, or is refused where that is too late. */
  within(verdict: DispatchVerdict, item: Dispatch): DispatchVerdict
}

/** The parts of every shared limit on this day, UTC, those of variants that have their own among them. */
export function limitsNow(
  limits: readonly SharedLimit[],
  running: readonly RunningExperiment[],
  now: EpochMs,
): LimitsNow {
  const day = Math.floor(now / DAY_MS)
  const counterOf = (part: string): string => `${day}/${part}`
  const parts = limits.flatMap((limit) => limitParts(limit, running, now))
  return {
    counters: new Map(parts.map(({ name, most }) => [counterOf(name), most])),
    within(verdict, { send, opportunity }) {
      const own = limits.filter((limit) => concerns(limit, send))
      if (verdict.kind !== 'go' || own.length === 0) return verdict
      const uses = own.map((limit) => counterOf(limitPartOf(limit, running, { userId: send.userId, now })))
      const tomorrow = (day + 1) * DAY_MS
      const names = own.map(({ name }) => name).join(', ')
      const otherwise: DispatchVerdict =
        tomorrow < opportunity.window.expires
          ? { kind: 'postpone', until: tomorrow }
          : { kind: 'refuse', refusals: [{ reason: 'limit-reached', rule: names, until: tomorrow }] }
      return { ...verdict, uses, otherwise }
    },
  }
}

function concerns({ channel, message }: SharedLimit, send: Dispatch['send']): boolean {
  if (send.category === 'transactional') return false
  return (channel === undefined || channel === send.channel) && (message === undefined || message === send.message)
}

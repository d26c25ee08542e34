import { type EpochMs, PalomaError } from '@paloma/core'

/** The server's clock: the machine's, or a virtual one that only moves when told. */
export interface Clock {
  readonly isVirtual: boolean
  now(): EpochMs
  set(to: EpochMs): void
}

/** The machine's clock. */
export function systemClock(wallClock: () => EpochMs): Clock {
  return {
    isVirtual: false,
    now: wallClock,
    set() {
      throw new PalomaError('CLOCK_NOT_VIRTUAL', 'the clock of this server is the machine’s and cannot be set')
    },
  }
}

/** A clock that stands still until it is set; it never goes back. */
export function virtualClock(startAt: EpochMs): Clock {
  let now = startAt
  return {
    isVirtual: true,
    now: () => now,
    set(to) {
      if (to < now) throw new PalomaError('CLOCK_BACKWARDS', `now must be >= ${now}, got ${to}`, { pointer: '/now' })
      now = to
    },
  }
}

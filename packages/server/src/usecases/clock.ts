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

/**
 * Epoch milliseconds that go on evenly when the machine's clock is set, for how long something is believed or left alone:
 * a clock set back by an hour must not make a second last an hour.
 */
export function steadyClock(): EpochMs {
  return Math.floor(performance.timeOrigin + performance.now())
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

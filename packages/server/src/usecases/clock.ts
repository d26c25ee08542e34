import { type EpochMs, PalomaError } from '@paloma/core'

/** No clock that runs says a moment before this was written, nor one that no API of ours takes. */
const [EARLIEST_MS, LATEST_MS] = [Date.UTC(2025, 0, 1), Date.UTC(2100, 0, 1)]

/** Why a machine's clock cannot be believed; undefined where it can. */
export function clockFault(now: EpochMs): PalomaError | undefined {
  if (now >= EARLIEST_MS && now < LATEST_MS) return undefined
  const said = Number.isFinite(new Date(now).getTime()) ? new Date(now).toISOString() : `${now} ms since 1970`
  return new PalomaError('CLOCK_ABSURD', `the machine’s clock says ${said}`, {
    hint: 'set it, and let it be kept (timedatectl set-ntp true): what is said and decided counts from when it says',
  })
}

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

import type { EpochMs } from '@paloma/core'

/** When a job last went well, and what went wrong since. */
export interface Heartbeat {
  readonly everyMs: number
  readonly startedAt: EpochMs
  readonly fineAt: EpochMs | null
  readonly error: string | null
}

/** Signs of life of the jobs of this process. */
export interface Heartbeats {
  started(job: string, everyMs: number): void
  fine(job: string): void
  failed(job: string, error: string): void
  all(): ReadonlyMap<string, Heartbeat>
}

/** Nobody's heart beats yet; `now` is the machine's clock. */
export function createHeartbeats(now: () => EpochMs): Heartbeats {
  const beats = new Map<string, Heartbeat>()
  const change = (job: string, to: Partial<Heartbeat>): void => {
    const known = beats.get(job) ?? { everyMs: 0, startedAt: now(), fineAt: null, error: null }
    beats.set(job, { ...known, ...to })
  }
  return {
    started: (job, everyMs) => change(job, { everyMs, startedAt: now() }),
    fine: (job) => change(job, { fineAt: now(), error: null }),
    failed: (job, error) => change(job, { error }),
    all: () => beats,
  }
}

import { setMaxListeners } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import type { DueWork, Heartbeats, Notes } from '../usecases/index.ts'

/** Something that is done again and again. */
export interface Job {
  readonly name: string
  /** Pause between the end of one round and the start of the next, in milliseconds. */
  readonly everyMs: number
  /** Goes on at once while it finds something to do. */
  readonly isEager?: boolean
  /** Answers how much it found to do. */
  work(): Promise<number>
  /** Waits for what rounds have left running. */
  end?(): Promise<void>
}

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const DELIVER_EVERY_MS = 250
/** A job that keeps failing waits twice as long each time, up to this. */
const LONGEST_PAUSE_MS = 5 * MINUTE_MS

/** What falls due while the machine's clock runs: each lane of delivery is a job of its own, so that none waits for another. */
export function dueJobs(due: DueWork, learnEveryMs: number): readonly Job[] {
  return [
    // A round at a time: whoever stops the server waits for no more, and one round that is done says that all is well.
    { name: 'plan', everyMs: DELIVER_EVERY_MS, isEager: true, work: () => due.redecide(1) },
    ...due.lanes.map(
      (lane): Job => ({
        name: `deliver ${lane.name}`,
        everyMs: DELIVER_EVERY_MS,
        isEager: true,
        work: async () => (await lane.pump()).checked,
        end: () => lane.idle(),
      }),
    ),
    { name: 'learn', everyMs: learnEveryMs, work: () => due.learn() },
    { name: 'inbox', everyMs: SECOND_MS, work: () => due.pollInbox() },
    { name: 'experiments', everyMs: SECOND_MS, work: () => due.followExperiments() },
    { name: 'recover', everyMs: MINUTE_MS, work: () => due.recover() },
    { name: 'erase', everyMs: MINUTE_MS, work: () => due.erase() },
    { name: 'export', everyMs: 10 * MINUTE_MS, work: () => due.exportHistory() },
    { name: 'retain', everyMs: 10 * MINUTE_MS, isEager: true, work: () => due.retain(1) },
    { name: 'audit', everyMs: 10 * MINUTE_MS, isEager: true, work: () => due.audit(1) },
    { name: 'prune', everyMs: 60 * MINUTE_MS, isEager: true, work: () => due.prune(1) },
  ]
}

/**
 * Ends the rounds: resolves when those that were running have ended, or when the caller's patience has, with the names of
 * those that had not by then.
 */
export type StopJobs = (patience?: Promise<unknown>) => Promise<readonly string[]>

/** Runs jobs until they are stopped. A failing job is noted, waits ever longer, and goes on. */
export function startJobs(
  jobs: readonly Job[],
  { sleep = sleepFor, ...rest }: Around & { readonly sleep?: Sleep },
): StopJobs {
  const stopping = new AbortController()
  // Each job waits for this one signal; Node would take more than ten for a leak.
  setMaxListeners(jobs.length + 1, stopping.signal)
  const around = { ...rest, sleep: (ms: number) => sleep(ms, stopping.signal) }
  const unfinished = new Set(jobs.map(({ name }) => name))
  const running = jobs.map(async (job) => {
    await keepRunning(job, stopping.signal, around)
    unfinished.delete(job.name)
  })
  return async (patience) => {
    stopping.abort()
    const ended = Promise.all(running)
    await (patience === undefined ? ended : Promise.race([ended, patience]))
    return [...unfinished]
  }
}

interface Around {
  readonly notes: Notes
  readonly heartbeats: Heartbeats
}

/** Resolves after so many milliseconds, or when it is time to stop. */
export type Sleep = (ms: number, stopping: AbortSignal) => Promise<void>

async function keepRunning(
  job: Job,
  stopping: AbortSignal,
  { notes, heartbeats, sleep }: Around & { readonly sleep: (ms: number) => Promise<void> },
): Promise<void> {
  const subject = `job ${job.name}`
  heartbeats.started(job.name, job.everyMs)
  for (let failures = 0; !stopping.aborted; ) {
    try {
      const done = await job.work()
      failures = 0
      heartbeats.fine(job.name)
      notes.fine(subject)
      await sleep(job.isEager === true && done > 0 ? 0 : job.everyMs)
    } catch (error) {
      failures += 1
      const reason = error instanceof Error ? error.message : String(error)
      heartbeats.failed(job.name, reason)
      notes.failed(subject, reason)
      await sleep(Math.max(job.everyMs, Math.min(job.everyMs * 2 ** failures, LONGEST_PAUSE_MS)))
    }
  }
  await job.end?.()
}

const sleepFor: Sleep = async (ms, stopping) => {
  await pause(ms, undefined, { signal: stopping }).catch((error: unknown) => {
    if (!stopping.aborted) throw error
  })
}

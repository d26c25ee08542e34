import type { EpochMs } from '@paloma/core'
import type { Dispatch, DispatchResult } from '../store/contract.ts'

/** The road to one provider; a slow one holds up no other. */
export interface Lane {
  /** `email`, …, or `no provider`. */
  readonly name: string
  /** Takes due sends through the last-moment check and to the provider, as many as may be in flight, and sees them end. */
  run(): Promise<LaneRound>
  /** Like `run`, but comes back while they are on their way, as soon as there is room for more. */
  pump(): Promise<LaneRound>
  /** Resolves when nothing is on its way any more. */
  idle(): Promise<void>
}

/** How many due sends were looked at, and how many of them were let go to the provider. */
export interface LaneRound {
  readonly checked: number
  readonly dispatched: number
}

const NOTHING: LaneRound = { checked: 0, dispatched: 0 }

/** A lane whose provider took nothing rests so long, doubling up to the second; virtual time needs no rest. */
const REST_MS = { first: 1_000, longest: 60_000 }
/** What a lane got to hand over, and how many sends were looked at for it. */
export interface Claimed {
  readonly claimed: readonly Dispatch[]
  readonly checked: number
}

/** What a lane is made of. */
export interface LaneParts {
  readonly limit: number
  readonly rest: Rest
  settle(): Promise<void>
  claim(count: number): Promise<Claimed>
  deliver(item: Dispatch): Promise<DispatchResult>
  failed(error: unknown): void
}

/** A lane with at most `limit` messages on their way. */
export function createLane(name: string, { limit, rest, settle, claim: claimSome, deliver, failed }: LaneParts): Lane {
  const flying = new Set<Promise<DispatchResult>>()
  const fly = (item: Dispatch): Promise<DispatchResult> => {
    const flight = deliver(item)
    const land = (): void => void flying.delete(flight)
    flying.add(flight)
    flight.then(land, land)
    return flight
  }
  const begin = async (): Promise<{ readonly round: LaneRound; readonly ended: Promise<void> }> => {
    await settle()
    if (!rest.isOver()) return { round: NOTHING, ended: Promise.resolve() }
    const { claimed, checked } = await claimSome(limit - flying.size)
    const ended = allOf(claimed.map(fly)).then((results) => rest.after(results))
    return { round: { checked, dispatched: claimed.length }, ended }
  }
  return {
    name,
    async run() {
      const { round, ended } = await begin()
      await ended
      return round
    },
    async pump() {
      if (flying.size >= limit) await Promise.race([...flying].map(settled))
      const { round, ended } = await begin()
      ended.catch(failed)
      return round
    },
    async idle() {
      await Promise.allSettled(flying)
    },
  }
}

async function settled(work: Promise<unknown>): Promise<void> {
  await Promise.allSettled([work])
}

/** Waits for all of them, also where one fails. */
async function allOf<T>(works: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(works)
  return Promise.all(works)
}

export interface Rest {
  isOver(): boolean
  after(results: readonly DispatchResult[]): void
}

/** A provider that took none of a batch is left alone for a while, ever longer. Without a clock there is no rest. */
export function resting(now: (() => EpochMs) | undefined): Rest {
  let until = 0
  let pauseMs = REST_MS.first
  return {
    isOver: () => now === undefined || now() >= until,
    after(results) {
      if (now === undefined || results.length === 0) return
      if (results.some(({ kind }) => kind !== 'retry')) {
        pauseMs = REST_MS.first
        return
      }
      until = now() + pauseMs
      pauseMs = Math.min(2 * pauseMs, REST_MS.longest)
    },
  }
}

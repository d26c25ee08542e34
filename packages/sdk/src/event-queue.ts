import { PalomaApiError } from './api-error.ts'
import type { EventInput, WireBatchAnswer, WireItemError } from './wire.ts'

export interface QueueOptions {
  readonly send: (batch: readonly EventInput[]) => Promise<WireBatchAnswer>
  /** Most events per request. */
  readonly batchSize: number
  /** Longest time an event waits for company. */
  readonly flushMs: number
  /** Hears of every event that the server refused, and of requests that failed for good. */
  readonly onError: (error: WireItemError | Error, events: readonly EventInput[]) => void
  /** Hears what the server has to say of an event that it took. */
  readonly onWarning: (warning: WireItemError, event: EventInput) => void
}

export interface EventQueue {
  /** Queues an event; one that is no JSON, or more than wait already, goes to `onError` instead. */
  add(event: EventInput): void
  /**
   * Sends all that waits. Rejects when a request failed for good; its events wait on. What the server would never take goes to
   * `onError`.
   */
  flush(): Promise<void>
}

/** A request stays well below the server's limit of 500 KB. */
const MAX_BATCH_CHARACTERS = 150_000
const MAX_WAITING = 10_000
/** Pause before events whose request failed are tried again though nothing new came. */
const AGAIN_MS = 10_000

/** Statuses that blame what is in a request, which no repetition mends. */
const BLAMED: readonly number[] = [400, 413, 422]

interface Waiting {
  readonly event: EventInput
  readonly characters: number
}

/** Gathers events and sends them in order, one request at a time. */
export function createEventQueue({ send, batchSize, flushMs, onError, onWarning }: QueueOptions): EventQueue {
  const waiting: Waiting[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  let running: Promise<void> | undefined

  const drain = async (): Promise<void> => {
    let most = batchSize
    while (waiting.length > 0) {
      const batch = waiting.slice(0, batchLength(waiting, most)).map(({ event }) => event)
      try {
        const { results } = await send(batch)
        waiting.splice(0, batch.length)
        results.forEach((result, index) => {
          if (!result.ok) onError(result.error, batch.slice(index, index + 1))
          else for (const warning of result.warnings ?? []) onWarning(warning, batch[index]!)
        })
      } catch (error) {
        if (!(error instanceof PalomaApiError && BLAMED.includes(error.status))) throw error
        // One event is to blame, or the server takes less at a time than we sent.
        if (batch.length > 1) most = Math.ceil(batch.length / 2)
        else {
          waiting.splice(0, 1)
          onError(error, batch)
        }
      }
    }
  }
  const flush = (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    running ??= drain().finally(() => {
      running = undefined
    })
    return running
  }
  const flushAlone = (): void => {
    flush().catch((error: unknown) => {
      timer ??= waitingQuietly(flushAlone, Math.max(flushMs, AGAIN_MS))
      onError(
        error instanceof Error ? error : new Error(String(error)),
        waiting.map(({ event }) => event),
      )
    })
  }
  return {
    add(event) {
      if (waiting.length >= MAX_WAITING) {
        onError({ code: 'QUEUE_FULL', detail: `more than ${MAX_WAITING} events wait; this one is lost` }, [event])
        return
      }
      try {
        waiting.push({ event, characters: JSON.stringify(event).length })
      } catch (error) {
        onError({ code: 'EVENT_INVALID', detail: `the event is no JSON: ${String(error)}` }, [event])
        return
      }
      if (waiting.length >= batchSize) flushAlone()
      else timer ??= setTimeout(flushAlone, flushMs)
    },
    flush,
  }
}

/** A timer that does not keep a program of Node running. */
function waitingQuietly(act: () => void, milliseconds: number): ReturnType<typeof setTimeout> {
  const timer: ReturnType<typeof setTimeout> & { readonly unref?: () => unknown } = setTimeout(act, milliseconds)
  timer.unref?.()
  return timer
}

function batchLength(events: readonly Waiting[], most: number): number {
  let characters = 0
  for (let length = 0; length < Math.min(most, events.length); length++) {
    characters += events[length]!.characters
    if (characters > MAX_BATCH_CHARACTERS && length > 0) return length
  }
  return Math.min(most, events.length)
}

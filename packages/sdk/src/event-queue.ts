import type { EventInput, WireBatchAnswer, WireItemError } from './wire.ts'

export interface QueueOptions {
  readonly send: (batch: readonly EventInput[]) => Promise<WireBatchAnswer>
  /** Most events per request. */
  readonly batchSize: number
  /** Longest time an event waits for company. */
  readonly flushMs: number
  /** Hears of every event that the server refused, and of requests that failed for good. */
  readonly onError: (error: WireItemError | Error, events: readonly EventInput[]) => void
}

export interface EventQueue {
  add(event: EventInput): void
  /** Sends all that waits. Rejects when a request failed for good; its events wait on. */
  flush(): Promise<void>
}

/** A request stays well below the server's limit of 500 KB. */
const MAX_BATCH_CHARACTERS = 150_000
const MAX_WAITING = 10_000

/** Gathers events and sends them in order, one request at a time. */
export function createEventQueue({ send, batchSize, flushMs, onError }: QueueOptions): EventQueue {
  const waiting: EventInput[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  let running: Promise<void> | undefined

  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, batchLength(waiting, batchSize))
      const { results } = await send(batch)
      waiting.splice(0, batch.length)
      results.forEach((result, index) => {
        if (!result.ok) onError(result.error, batch.slice(index, index + 1))
      })
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
    flush().catch((error: unknown) => onError(error instanceof Error ? error : new Error(String(error)), [...waiting]))
  }
  return {
    add(event) {
      if (waiting.length >= MAX_WAITING) {
        onError({ code: 'QUEUE_FULL', detail: `more than ${MAX_WAITING} events wait; this one is lost` }, [event])
        return
      }
      waiting.push(event)
      if (waiting.length >= batchSize) flushAlone()
      else timer ??= setTimeout(flushAlone, flushMs)
    },
    flush,
  }
}

function batchLength(events: readonly EventInput[], most: number): number {
  let characters = 0
  for (let length = 0; length < Math.min(most, events.length); length++) {
    characters += JSON.stringify(events[length]).length
    if (characters > MAX_BATCH_CHARACTERS && length > 0) return length
  }
  return Math.min(most, events.length)
}

import type { ServerResponse } from 'node:http'

/** One server-sent event. */
export interface StreamEvent {
  readonly id: string
  readonly event: string
  readonly data: string
}

/** Characters that wait for a slow reader; beyond, the stream ends and the reader comes back with Last-Event-ID. */
const MAX_WAITING_CHARACTERS = 1_000_000

/** What a response emits when it becomes a stream: no longer a request that is worked on. */
export const STREAM_OPENED = 'stream-opened'

const RECONNECT_MS = 2_000

export interface EventStream {
  send(event: StreamEvent): void
  end(): void
}

/**
 * Writes server-sent events to a response whose head is not yet sent: heartbeats as comments, waits while the socket
 * is full, ends with the connection. `onEnd` runs once.
 */
export function openEventStream(
  response: ServerResponse,
  options: {
    readonly headers: Readonly<Record<string, string>>
    readonly heartbeatMs: number
    readonly onEnd: () => void
  },
): EventStream {
  response.writeHead(200, {
    ...options.headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    // An ended stream must not keep its connection, or a closing server waits for it.
    connection: 'close',
  })
  response.emit(STREAM_OPENED)
  const outlet = bufferedOutlet(response)
  outlet.write(`retry: ${RECONNECT_MS}\n\n`)
  const heartbeat = setInterval(() => outlet.write(': still here\n\n'), options.heartbeatMs)
  heartbeat.unref()
  response.once('close', () => {
    clearInterval(heartbeat)
    options.onEnd()
  })
  response.on('error', () => response.destroy())
  return {
    send: (event) => outlet.write(`id: ${event.id}\nevent: ${event.event}\ndata: ${event.data}\n\n`),
    end: () => response.end(),
  }
}

/** Hands text on while the socket takes it, keeps it while it does not. */
function bufferedOutlet(response: ServerResponse): { write(text: string): void } {
  const waiting: string[] = []
  let characters = 0
  let isFull = false
  response.on('drain', () => {
    isFull = false
    while (!isFull && waiting.length > 0) {
      const text = waiting.shift()!
      characters -= text.length
      isFull = !response.write(text)
    }
  })
  return {
    write(text) {
      if (response.writableEnded || response.destroyed) return
      if (!isFull) {
        isFull = !response.write(text)
        return
      }
      waiting.push(text)
      characters += text.length
      if (characters > MAX_WAITING_CHARACTERS) response.destroy()
    },
  }
}

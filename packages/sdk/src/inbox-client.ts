import { PalomaApiError } from './api-error.ts'
import { serverSentEvents } from './server-sent-events.ts'
import type { Transport } from './transport.ts'
import type { WireInbox, WireInboxItem, WireInboxStatus } from './wire.ts'

export interface StreamOptions {
  readonly signal?: AbortSignal
  readonly lastEventId?: string
  /** A connection on which nothing came for so many milliseconds is taken for lost. */
  readonly silenceMs?: number
}

export interface InboxClient {
  list(
    userId: string,
    options?: { readonly limit?: number; readonly cursor?: string; readonly withArchived?: boolean },
  ): Promise<WireInbox>
  mark(userId: string, sendId: string, status: WireInboxStatus): Promise<WireInboxItem>
  /** A token with which a browser may use this one inbox; needs a key with the scope `ingest`. */
  createToken(userId: string): Promise<{ readonly token: string }>
  /**
   * New items as they come. Reconnects by itself, also after a silence of a minute (`silenceMs`; the server gives a sign of life
   * every 15 s), and resumes after the last one; ends when `signal` aborts; throws PalomaApiError when the server refuses
   * (401, 403, …).
   */
  stream(userId: string, options?: StreamOptions): AsyncGenerator<WireInboxItem, void, undefined>
}

/** The in-app inbox of users. */
export function createInboxClient(transport: Transport): InboxClient {
  const inbox = (userId: string): string => `/v1/users/${encodeURIComponent(userId)}/inbox`
  return {
    list: (userId, options = {}) => transport.request('GET', inbox(userId), { query: options }),
    mark: (userId, sendId, status) =>
      transport.request('POST', `${inbox(userId)}/${encodeURIComponent(sendId)}`, { body: { status } }),
    createToken: (userId) => transport.request('POST', `${inbox(userId)}-token`),
    stream: (userId, options = {}) => streamItems(transport, `${inbox(userId)}/stream`, options),
  }
}

async function* streamItems(
  transport: Transport,
  path: string,
  { signal, lastEventId, silenceMs }: StreamOptions,
): AsyncGenerator<WireInboxItem, void, undefined> {
  let lastId = lastEventId
  for (let failures = 0; signal?.aborted !== true; failures++) {
    try {
      for await (const event of eventsOf(transport, path, { signal, lastId, silenceMs })) {
        failures = 0
        lastId = event.id ?? lastId
        if (event.event === 'new-message') yield JSON.parse(event.data)
      }
    } catch (error) {
      if (isFinal(error)) throw error
    }
    if (!(await pauseBefore(transport, failures, signal))) return
  }
}

interface Connecting {
  readonly signal: AbortSignal | undefined
  readonly lastId: string | undefined
  readonly silenceMs: number | undefined
}

async function* eventsOf(
  transport: Transport,
  path: string,
  { signal, lastId, silenceMs }: Connecting,
): ReturnType<typeof serverSentEvents> {
  const { body } = await transport.open(path, {
    headers: { accept: 'text/event-stream', ...(lastId === undefined ? {} : { 'last-event-id': lastId }) },
    ...(signal === undefined ? {} : { signal }),
  })
  if (body !== null) yield* serverSentEvents(body, silenceMs)
}

/** A refusal that no repetition mends; lost connections, 429 and 5xx are not. */
function isFinal(error: unknown): boolean {
  if (error instanceof PalomaApiError) return error.status < 500 && error.status !== 429
  return error instanceof SyntaxError
}

/** False when the pause was cut short by the signal. */
async function pauseBefore(transport: Transport, failures: number, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await transport.backoff(failures, signal)
    return true
  } catch (error) {
    if (signal?.aborted === true) return false
    throw error
  }
}

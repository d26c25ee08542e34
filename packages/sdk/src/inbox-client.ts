import { PalomaApiError } from './api-error.ts'
import { serverSentEvents } from './server-sent-events.ts'
import type { Transport } from './transport.ts'
import type { WireInbox, WireInboxItem, WireInboxStatus } from './wire.ts'

export interface InboxClient {
  list(
    userId: string,
    options?: { readonly limit?: number; readonly cursor?: string; readonly withArchived?: boolean },
  ): Promise<WireInbox>
  mark(userId: string, sendId: string, status: WireInboxStatus): Promise<WireInboxItem>
  /** A token with which a browser may use this one inbox; needs a key with the scope `ingest`. */
  createToken(userId: string): Promise<{ readonly token: string }>
  /**
   * New items as they come. Reconnects by itself and resumes after the last one; ends when `signal` aborts; throws
   * PalomaApiError when the server refuses (401, 403, …).
   */
  stream(
    userId: string,
    options?: { readonly signal?: AbortSignal; readonly lastEventId?: string },
  ): AsyncGenerator<WireInboxItem, void, undefined>
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
  { signal, lastEventId }: { readonly signal?: AbortSignal; readonly lastEventId?: string },
): AsyncGenerator<WireInboxItem, void, undefined> {
  let lastId = lastEventId
  for (let failures = 0; signal?.aborted !== true; failures++) {
    try {
      for await (const event of eventsOf(transport, path, { signal, lastId })) {
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

async function* eventsOf(
  transport: Transport,
  path: string,
  { signal, lastId }: { readonly signal: AbortSignal | undefined; readonly lastId: string | undefined },
): ReturnType<typeof serverSentEvents> {
  const { body } = await transport.open(path, {
    headers: { accept: 'text/event-stream', ...(lastId === undefined ? {} : { 'last-event-id': lastId }) },
    ...(signal === undefined ? {} : { signal }),
  })
  if (body !== null) yield* serverSentEvents(body)
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

import type { Dispatcher } from 'undici'

/** One POST to a provider. */
export interface PostRequest {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
  /** For connecting, writing and the answer together. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** `not-sent`: no connection was made, so nothing was handed over. `unknown`: written, and no answer came. */
export type PostAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly headers: AnswerHeaders; readonly text: string }
  | { readonly kind: 'not-sent'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string }

type AnswerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * How long a connection is kept for the next message: shorter than servers keep theirs, so that they seldom close one as a
 * message is written to it. What became of that message nobody would know.
 */
export const KEEP_ALIVE: { readonly keepAliveTimeout: number; readonly keepAliveMaxTimeout: number } = {
  keepAliveTimeout: 1_000,
  keepAliveMaxTimeout: 1_000,
}

/** More of an answer than this is not read: it carries an id or an error text, not data. */
const MAX_ANSWER_BYTES = 64 * 1024

/**
 * Posts once, never redirected and never repeated, and tells apart what was not handed over from what may have been.
 * Does not throw for what the network or the other side does.
 */
export function postOnce(dispatcher: Dispatcher, request: PostRequest): Promise<PostAnswer> {
  if (request.signal?.aborted === true) return Promise.resolve({ kind: 'not-sent', reason: 'aborted' })
  return new Promise((resolve) => {
    const exchange = new Exchange(resolve)
    const timer = setTimeout(() => exchange.giveUp(`no answer within ${request.timeoutMs} ms`), request.timeoutMs)
    const onAbort = (): void => exchange.giveUp('aborted')
    request.signal?.addEventListener('abort', onAbort, { once: true })
    exchange.onSettled = () => {
      clearTimeout(timer)
      request.signal?.removeEventListener('abort', onAbort)
    }
    const { url, headers, body } = request
    const dispatch = (): void => {
      if (exchange.isSettled) return
      dispatcher.dispatch(
        { origin: url.origin, path: url.pathname + url.search, method: 'POST', headers, body },
        exchange,
      )
    }
    // First all that has arrived by now is read, which takes a whole round of the event loop: a connection that the server
    // has closed must not be written to.
    setImmediate(() => setImmediate(dispatch))
  })
}

/** One request on its way: `onRequestStart` is called when a connection stands and the request is about to be written. */
class Exchange implements Dispatcher.DispatchHandler {
  onSettled: () => void = () => {}
  readonly #resolve: (answer: PostAnswer) => void
  readonly #chunks: Buffer[] = []
  #bytes = 0
  #isSettled = false
  #controller: Dispatcher.DispatchController | undefined
  #answer: { readonly status: number; readonly headers: AnswerHeaders } | undefined

  constructor(resolve: (answer: PostAnswer) => void) {
    this.#resolve = resolve
  }

  get isSettled(): boolean {
    return this.#isSettled
  }

  /** Ends the wait; a request that was not written yet never will be. */
  giveUp(reason: string): void {
    this.#settle(reason)
    this.#controller?.abort(new Error(reason))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#isSettled) controller.abort(new Error('given up before it was written'))
    else this.#controller = controller
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    // 1xx are no answers yet.
    if (status >= 200) this.#answer = { status, headers }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#bytes < MAX_ANSWER_BYTES) this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes >= MAX_ANSWER_BYTES) this.giveUp('answer too long')
  }

  onResponseEnd(): void {
    this.#settle('connection ended without an answer')
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#settle(describe(error))
  }

  /** A status that arrived is an answer, even when its body did not. */
  #settle(reason: string): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.onSettled()
    if (this.#answer !== undefined) {
      this.#resolve({ kind: 'answered', ...this.#answer, text: Buffer.concat(this.#chunks).toString() })
    } else {
      this.#resolve({ kind: this.#controller === undefined ? 'not-sent' : 'unknown', reason })
    }
  }
}

function describe(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? `${error.code}: ` : ''
  return `${code}${error.message}`
}

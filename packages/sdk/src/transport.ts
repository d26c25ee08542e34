import { apiErrorOf } from './api-error.ts'

export interface TransportOptions {
  /** Where the server is, e.g. `https://paloma.example.org`. */
  readonly url: string
  /** An API key, or a user's inbox token in a browser. */
  readonly key: string
  readonly fetch?: typeof fetch
  /** Uniform in [0, 1): spreads retries. */
  readonly random?: () => number
  readonly wait?: (milliseconds: number, signal?: AbortSignal) => Promise<void>
  /** How often a request is repeated after network errors, 429 and 503. */
  readonly retries?: number
  /** How long one attempt may take. */
  readonly timeoutMs?: number
}

export interface RequestOptions {
  readonly body?: unknown
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export interface Transport {
  /** The parsed body of a successful answer. Throws PalomaApiError, or what `fetch` threw last. */
  request<T>(method: string, path: string, options?: RequestOptions): Promise<T>
  /** One attempt without a time limit whose body is read as it comes. */
  open(path: string, options: RequestOptions): Promise<Response>
  /** Pause before attempt `attempt + 1`: doubles from 200 ms to 10 s, half of it by chance. */
  backoff(attempt: number, signal?: AbortSignal): Promise<void>
}

const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 10_000
const LONGEST_RETRY_AFTER_MS = 60_000

/** Speaks HTTP to the server; every request it repeats is idempotent by an id that the caller chose. */
export function createTransport(options: TransportOptions): Transport {
  const { random = Math.random, wait = waitFor, retries = 3, timeoutMs = 10_000 } = options
  const send = options.fetch ?? globalThis.fetch.bind(globalThis)
  const backoff = (attempt: number, signal?: AbortSignal): Promise<void> =>
    wait(Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS) * (0.5 + random() / 2), signal)

  const attemptOnce = (method: string, path: string, request: RequestOptions): Promise<Response> => {
    const limit = AbortSignal.timeout(timeoutMs)
    const signal = request.signal === undefined ? limit : AbortSignal.any([request.signal, limit])
    return send(urlOf(options.url, path, request.query), { ...init(method, options.key, request), signal })
  }

  /** The answer, or `undefined` after a pause when the request should be repeated. */
  const attempt = async (
    method: string,
    path: string,
    request: RequestOptions & { readonly attempt: number },
  ): Promise<Response | undefined> => {
    const isLast = request.attempt >= retries
    try {
      const response = await attemptOnce(method, path, request)
      if (isLast || (response.status !== 429 && response.status !== 503)) return response
      await response.body?.cancel()
      const pause = retryAfterMs(response)
      await (pause === undefined
        ? backoff(request.attempt, request.signal)
        : wait(pause * (1 + random() / 4), request.signal))
    } catch (error) {
      if (isLast || request.signal?.aborted === true) throw error
      await backoff(request.attempt, request.signal)
    }
    return undefined
  }

  return {
    async request(method, path, request = {}) {
      for (let count = 0; ; count++) {
        const response = await attempt(method, path, { ...request, attempt: count })
        if (response === undefined) continue
        if (!response.ok) throw await apiErrorOf(response)
        return response.status === 204 ? undefined : response.json()
      }
    },
    async open(path, request) {
      const signal = request.signal === undefined ? {} : { signal: request.signal }
      const url = urlOf(options.url, path, request.query)
      const response = await send(url, { ...init('GET', options.key, request), ...signal })
      if (!response.ok) throw await apiErrorOf(response)
      return response
    },
    backoff,
  }
}

function urlOf(base: string, path: string, query: RequestOptions['query'] = {}): string {
  const url = new URL(`${base.replace(/\/+$/, '')}${path}`)
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  return url.href
}

function init(method: string, key: string, { body, headers }: RequestOptions): RequestInit {
  const common = { authorization: `Bearer ${key}`, ...headers }
  if (body === undefined) return { method, headers: common }
  return { method, headers: { ...common, 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

function retryAfterMs(response: Response): number | undefined {
  const value = response.headers.get('retry-after')
  if (value === null) return undefined
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now()
  return Number.isFinite(milliseconds) ? Math.min(Math.max(milliseconds, 0), LONGEST_RETRY_AFTER_MS) : undefined
}

/** Resolves after a while, or rejects as soon as `signal` aborts. */
export function waitFor(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason)
      return
    }
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, milliseconds)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

import { PalomaError } from '@paloma/core'
import type { Problem, WireAudit, WireExperiment } from '@paloma/sdk'
import type { Call } from './call.ts'
import type { Connection, ListedKey } from './contract.ts'
import { runOnServer } from './run-evaluation.ts'

export interface HttpConnectionOptions {
  /** Where the server is, e.g. `http://127.0.0.1:7777`. */
  readonly url: string
  readonly key: string
  readonly fetch?: typeof fetch
  readonly timeoutMs?: number
  /** Waits between two looks at how an evaluation stands; a second by default. */
  readonly pause?: () => Promise<unknown>
}

const DEFAULT_TIMEOUT_MS = 15_000
/** An audit, or a read-out, answers when it is through; Node's `fetch` waits this long for an answer to begin. */
const LONG_TIMEOUT_MS = 300_000
const SIGN_OF_LIFE_MS = 1_000

function aSecond(): Promise<unknown> {
  return new Promise((resolve) => {
    setTimeout(resolve, SIGN_OF_LIFE_MS)
  })
}

/** A running server as connection. Nothing is asked yet, so a wrong key shows with the first call. */
export function httpConnection(options: HttpConnectionOptions): Connection {
  const call = async <T>(request: Call): Promise<T> => (await responseOf(options, request)).json()
  const found = <T>(request: Call): Promise<T | undefined> => call<T>(request).catch(undefinedWhereAbsent)
  return {
    place: options.url,
    keys: {
      create: (name, scopes) => call({ method: 'POST', path: '/v1/keys', body: { name, scopes } }),
      list: async () => (await call<{ readonly data: readonly ListedKey[] }>({ method: 'GET', path: '/v1/keys' })).data,
      revoke: (id) =>
        responseOf(options, { method: 'DELETE', path: pathOf('keys', id) }).then(() => true, falseWhereAbsent),
    },
    decisions: {
      explain: (id) => found({ method: 'GET', path: pathOf('decisions', id, '/explain') }),
      replay: (id) => found({ method: 'POST', path: pathOf('decisions', id, '/replay') }),
      audit: ({ day, onProgress }) => audit(call, { body: day === undefined ? {} : { day }, onProgress }),
    },
    experiments: experimentCalls(call),
    evaluations: {
      run: (input, { onProgress }) => runOnServer(call, input, { onProgress, pause: options.pause ?? aSecond }),
    },
    policies: {
      artifact: (name) =>
        call({ method: 'GET', path: `/v1/policies/current/artifact?name=${encodeURIComponent(name)}` }),
    },
    close: async () => {},
  }
}

function experimentCalls(call: <T>(request: Call) => Promise<T>): Connection['experiments'] {
  const step = <T>(key: string, name: string, body: unknown = {}): Promise<T> =>
    call({ method: 'POST', path: pathOf('experiments', key, `/${name}`), body })
  return {
    create: (body) => call({ method: 'POST', path: '/v1/experiments', body }),
    list: async () =>
      (await call<{ readonly data: readonly WireExperiment[] }>({ method: 'GET', path: '/v1/experiments' })).data,
    get: async (key) => ({
      experiment: await call({ method: 'GET', path: pathOf('experiments', key) }),
      exposures: await call({ method: 'GET', path: pathOf('experiments', key, '/exposures') }),
    }),
    start: (key) => step(key, 'start'),
    ramp: (key, ramp) => step(key, 'ramp', ramp),
    stop: (key, end) => step(key, 'stop', end),
    results: (key, { from, heterogeneity, pastEffects }) => {
      const deep = `${heterogeneity ? '&heterogeneity=true' : ''}${pastEffects ? '&pastEffects=true' : ''}`
      const path = pathOf('experiments', key, `/results?from=${from}${deep}`)
      return call({ method: 'GET', path, timeoutMs: LONG_TIMEOUT_MS })
    },
    plan: (key, { from, days }) => {
      const path = pathOf('experiments', key, `/plan?from=${from}&days=${days}`)
      return call({ method: 'GET', path, timeoutMs: LONG_TIMEOUT_MS })
    },
  }
}

async function audit(
  call: <T>(request: Call) => Promise<T>,
  { body, onProgress }: { readonly body: object; readonly onProgress: (text: string) => void },
): Promise<WireAudit> {
  let seconds = 0
  const timer = setInterval(() => onProgress(`the server replays, ${++seconds} s`), SIGN_OF_LIFE_MS)
  try {
    return await call({ method: 'POST', path: '/v1/decisions/audit', body, timeoutMs: LONG_TIMEOUT_MS })
  } finally {
    clearInterval(timer)
  }
}

function pathOf(room: string, id: string, rest = ''): string {
  return `/v1/${room}/${encodeURIComponent(id)}${rest}`
}

async function responseOf(options: HttpConnectionOptions, { method, path, body, ...request }: Call): Promise<Response> {
  const send = options.fetch ?? fetch
  const timeoutMs = request.timeoutMs ?? options.timeoutMs ?? DEFAULT_TIMEOUT_MS
  const headers = { authorization: `Bearer ${options.key}`, ...(body === undefined ? {} : JSON_HEADERS) }
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
  const response = await send(`${options.url}${path}`, { ...init, signal: AbortSignal.timeout(timeoutMs) }).catch(
    (cause: unknown) => {
      throw unreachable(options.url, cause)
    },
  )
  if (!response.ok) throw await refusalOf(options.url, response)
  return response
}

const JSON_HEADERS = { 'content-type': 'application/json' }

function unreachable(url: string, cause: unknown): PalomaError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  const reason = inner instanceof Error ? inner.message : String(inner)
  return new PalomaError('SERVER_UNREACHABLE', `${url} does not answer: ${reason}`, {
    hint: 'start it with paloma serve, or leave --url and PALOMA_URL out to look into the store itself',
    cause,
  })
}

/** The problem that a server answered, as an error; anything else than a problem comes from somebody else. */
async function refusalOf(url: string, response: Response): Promise<PalomaError> {
  if (!(response.headers.get('content-type') ?? '').startsWith('application/problem+json')) {
    return new PalomaError('SERVER_UNEXPECTED', `${url} answered ${response.status} and is no Paloma`, {
      hint: 'check --url: it is the address alone, such as http://127.0.0.1:7777',
    })
  }
  const { code, detail, hint }: Problem = await response.json()
  return new PalomaError(code, detail, hintOf(code, hint))
}

function hintOf(code: string, hint: string | undefined): { readonly hint?: string } {
  if (code === 'KEY_INVALID') return { hint: 'make one with paloma keys create, and give it as --key or PALOMA_KEY' }
  return hint === undefined ? {} : { hint }
}

function undefinedWhereAbsent(error: unknown): undefined {
  if (!isAbsence(error, 'DECISION_NOT_FOUND')) throw error
}

function falseWhereAbsent(error: unknown): false {
  if (!isAbsence(error, 'KEY_NOT_FOUND')) throw error
  return false
}

function isAbsence(error: unknown, code: string): boolean {
  return error instanceof PalomaError && error.code === code
}

import { PalomaError } from '@paloma/core/domain'
import type { Problem } from '@paloma/sdk'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Issue, shown } from '../config/issues.ts'
import type { ItemError } from '../usecases/contract.ts'

/** A refusal that HTTP itself gives: status, fields at fault, headers to send along. */
export class ProblemError extends PalomaError {
  readonly status: number
  readonly errors: readonly Issue[]
  readonly headers: Readonly<Record<string, string>>

  constructor(
    code: string,
    message: string,
    options: {
      readonly status?: number
      readonly errors?: readonly Issue[]
      readonly headers?: Readonly<Record<string, string>>
      readonly hint?: string
    } = {},
  ) {
    super(code, message, options.hint === undefined ? {} : { hint: options.hint })
    this.status = options.status ?? 400
    this.errors = options.errors ?? []
    this.headers = options.headers ?? {}
  }
}

/** A request that does not fit its schema: 400 with one entry per field. */
export function invalidRequest(part: string, issues: readonly Issue[]): ProblemError {
  const first = issues[0]
  const where = first === undefined || first.pointer === '' ? part : `${part} ${first.pointer}`
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : ''
  const code = part === 'body' ? 'BODY_INVALID' : 'PARAMETER_INVALID'
  return new ProblemError(code, `${where}: ${first?.detail ?? 'is not valid'}${more}`, { errors: issues })
}

/** 404 for a thing that was named and is not there; `why` goes on with the sentence. */
export function notFound(kind: string, id: string, why = ''): ProblemError {
  return new ProblemError(`${kind.toUpperCase()}_NOT_FOUND`, `there is no ${kind} "${id}"${why}`, { status: 404 })
}

/** The refusal of the only item of a request. */
export function problemOfItem(error: ItemError): ProblemError {
  const code = error.code === 'ITEM_INVALID' ? 'BODY_INVALID' : error.code
  return new ProblemError(code, error.detail, {
    status: statusOfCode(code) ?? 400,
    errors: [{ pointer: error.pointer ?? '', detail: error.detail }],
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  })
}

const STATUS_BY_CODE: readonly (readonly [RegExp, number])[] = [
  [/^(DECISION|IDEMPOTENCY)\w*_(CONFLICT|MISMATCH)$/, 422],
  [/^EXPERIMENT_INVALID$/, 422],
  [/^(EXPERIMENT_(STOPPED|NOT_RUNNING|UNREADABLE|WITHOUT_PAST)|NOBODY_EXPOSED|RESULTS_BUSY|ARTIFACT_EMPTY)$/, 409],
  [/_NOT_FOUND$/, 404],
  [/_GONE$/, 410],
  [/(_CONFLICT|_NOT_VIRTUAL|_IN_PROGRESS|_NOT_OPEN|_BACKWARDS)$/, 409],
  [/_TOO_LARGE$/, 413],
  [/^RATE_LIMITED$/, 429],
  [/_(UNREACHABLE|UNAVAILABLE|BUSY|OVERLOADED|TIMEOUT|CLOSED|FULL|BROKEN)$/, 503],
]

/** The HTTP status a code stands for, or undefined when the code alone does not say. */
export function statusOfCode(code: string): number | undefined {
  return STATUS_BY_CODE.find(([pattern]) => pattern.test(code))?.[1]
}

/** Node and PostgreSQL codes after which the same request may succeed: lost connections, restarts, serialisation. */
const TRANSIENT =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|ENOTFOUND|08\w{3}|40001|40P01|53\w{3}|57P0\d)$/

const RETRY_AFTER_SECONDS = 1

function isTransient(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > 5) return false
  if ('code' in error && typeof error.code === 'string' && TRANSIENT.test(error.code)) return true
  return isTransient(error.cause, depth + 1)
}

interface Answer {
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly errors: readonly Issue[]
  readonly headers: Readonly<Record<string, string>>
  readonly hint?: string | undefined
}

const INTERNAL: Answer = {
  status: 500,
  code: 'INTERNAL',
  detail: 'the server failed; its log has the cause under this requestId',
  errors: [],
  headers: {},
}

const UNAVAILABLE: Answer = {
  status: 503,
  code: 'STORE_UNAVAILABLE',
  detail: 'the store does not answer at the moment; the same request may be repeated',
  errors: [],
  headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
}

/** Nobody hears it; it must not pass for a failure of the store. */
const CUT_SHORT: Answer = {
  status: 400,
  code: 'BODY_CUT_SHORT',
  detail: 'the connection ended before the whole body had arrived',
  errors: [],
  headers: {},
}

function answerOf(error: unknown, request: FastifyRequest): Answer {
  if (request.raw.readableAborted && !request.raw.complete) return CUT_SHORT
  if (error instanceof ProblemError) return { ...error, detail: error.message, headers: withRetry(error) }
  if (error instanceof PalomaError) return answerOfPaloma(error)
  if (isTransient(error)) return UNAVAILABLE
  return answerOfFastify(error, request) ?? INTERNAL
}

function withRetry({ status, headers }: ProblemError): Readonly<Record<string, string>> {
  return status === 429 || status === 503 ? { 'retry-after': String(RETRY_AFTER_SECONDS), ...headers } : headers
}

function answerOfPaloma(error: PalomaError): Answer {
  const status = statusOfCode(error.code)
  if (status === undefined) return isTransient(error) ? UNAVAILABLE : INTERNAL
  const retry = status === 429 || status === 503
  return {
    status,
    code: error.code,
    detail: error.message,
    errors: error.pointer === undefined ? [] : [{ pointer: error.pointer, detail: error.message }],
    headers: retry ? { 'retry-after': String(RETRY_AFTER_SECONDS) } : {},
    hint: error.hint,
  }
}

const FASTIFY_CODES: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'CONTENT_LENGTH_WRONG',
  FST_ERR_BAD_URL: 'URL_MALFORMED',
  FST_ERR_MAX_PARAM_LENGTH: 'URL_TOO_LONG',
}

/** Fastify's own refusals: only those that blame the request. */
function answerOfFastify(error: unknown, request: FastifyRequest): Answer | undefined {
  if (!(error instanceof Error) || !('statusCode' in error) || !('code' in error)) return undefined
  const { statusCode: status, code } = error
  if (typeof status !== 'number' || status < 400 || status > 499 || typeof code !== 'string') return undefined
  return {
    status,
    code: FASTIFY_CODES[code] ?? 'REQUEST_REFUSED',
    detail: detailOfFastify(error, request),
    errors: [],
    headers: {},
  }
}

/** What the framework leaves unsaid: the limit, and what was sent. */
function detailOfFastify(error: Error & { readonly code: unknown }, request: FastifyRequest): string {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return `the body is larger than ${request.routeOptions.bodyLimit} bytes (limits.bodyBytes)`
  }
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return `content-type must be application/json, got ${shown(request.headers['content-type'])}`
  }
  return error.message
}

function titleOf(code: string): string {
  const words = code.toLowerCase().replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** The RFC 9457 document of a failure; says nothing about the inside of the server. */
function problemOf(answer: Answer, request: FastifyRequest): Problem {
  return {
    type: `urn:paloma:problem:${answer.code.toLowerCase().replaceAll('_', '-')}`,
    title: titleOf(answer.code),
    status: answer.status,
    detail: answer.detail,
    instance: request.url.split('?', 1)[0] ?? '',
    code: answer.code,
    errors: answer.errors,
    requestId: request.id,
    ...(answer.hint === undefined ? {} : { hint: answer.hint }),
  }
}

/** Hears of requests that had to be turned away. */
export interface TroubleNotes {
  failed(subject: string, reason: string): void
}

type ProblemSender = (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply

/**
 * Answers requests with the problem that an error is; logs what the server is to blame for. Where there are notes, requests
 * that are to come back are noted by kind instead: while a store is away or a disk is full, a line for each would fill the
 * disk itself.
 */
export function problemSender(notes?: TroubleNotes): ProblemSender {
  return (error, request, reply) => {
    const answer = answerOf(error, request)
    if (answer.status === 503 && notes !== undefined) {
      notes.failed(`requests answered 503 ${answer.code}`, error instanceof Error ? error.message : answer.detail)
    } else if (answer.status >= 500) request.log.error({ err: error, requestId: request.id }, 'request failed')
    return reply
      .code(answer.status)
      .headers(answer.headers)
      .header('x-request-id', request.id)
      .type('application/problem+json')
      .serializer((payload: unknown) => JSON.stringify(payload))
      .send(problemOf(answer, request))
  }
}

/** For what is refused before a request reaches a route. */
export const sendProblem: ProblemSender = problemSender()

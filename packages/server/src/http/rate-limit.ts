import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ProblemError } from './problem.ts'

const WINDOW_MS = 60_000
/** Callers remembered; of more, the ones not heard of for longest start anew. */
const MAX_CALLERS = 10_000

/** The key that was shown; without one the address, so that nobody pays for a stranger. */
function callerOf(request: FastifyRequest): string {
  return request.apiKey === null ? `ip ${request.ip}` : `key ${request.apiKey.id}`
}

function tooMany(max: number, waitMs: number): ProblemError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000))
  return new ProblemError('RATE_LIMITED', `more than ${max} requests within a minute; try again in ${seconds} s`, {
    status: 429,
    headers: { 'retry-after': String(seconds) },
  })
}

/**
 * At most so many requests a minute for each API key, and for each address that shows none; then 429 with `Retry-After`.
 * Counted in this process: behind several servers a caller has as many times more. Probes are not counted.
 */
export function limitRate(app: FastifyInstance, requestsPerMinute: number | null): void {
  if (requestsPerMinute === null) return
  app.register(rateLimit, {
    max: requestsPerMinute,
    timeWindow: WINDOW_MS,
    cache: MAX_CALLERS,
    hook: 'preParsing',
    keyGenerator: callerOf,
    allowList: ({ url }) => url === '/healthz' || url === '/readyz' || url === '/metrics',
    errorResponseBuilder: (_, { max, ttl }) => tooMany(max, ttl),
  })
}

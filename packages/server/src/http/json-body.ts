import type { FastifyInstance, FastifyRequest } from 'fastify'
import { shown } from '../config/issues.ts'
import { jsonErrorPosition } from './json-position.ts'
import { ProblemError } from './problem.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Length of the body as it came, in UTF-16 units; 0 without one. */
    bodyLength: number
  }
}

/** Reads JSON bodies of the media types given; an empty body is `undefined`, a malformed one 400 with the place. */
export function acceptJson(app: FastifyInstance, mediaTypes: readonly string[]): void {
  app.addContentTypeParser([...mediaTypes], { parseAs: 'string' }, (request, body, done) => {
    try {
      refuseEncoding(request)
      done(null, parseJson(request, String(body)))
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)))
    }
  })
}

function refuseEncoding({ headers }: FastifyRequest): void {
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding.toLowerCase() === 'identity') return
  const detail = `content-encoding must be identity, got ${shown(encoding)}: send the body uncompressed`
  throw new ProblemError('ENCODING_UNSUPPORTED', detail, { status: 415 })
}

function parseJson(request: FastifyRequest, text: string): unknown {
  request.bodyLength = text.length
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw malformed(text)
  }
}

function malformed(text: string): ProblemError {
  const position = jsonErrorPosition(text)
  const line = text.slice(0, position).split('\n').length
  const found = position >= text.length ? 'end' : JSON.stringify(text.charAt(position))
  const detail = `the body is not JSON: unexpected ${found} at position ${position} (line ${line})`
  return new ProblemError('JSON_MALFORMED', detail, { errors: [{ pointer: '', detail }] })
}

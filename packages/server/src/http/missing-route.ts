import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ProblemError, sendProblem } from './problem.ts'

/** Answers what no route matches: 405 with `Allow` where the path has other methods, else 404. */
export function answerMissingRoutes(app: FastifyInstance): void {
  const routes: { readonly path: RegExp; readonly method: string }[] = []
  app.addHook('onRoute', ({ url, method }) => {
    for (const each of [method].flat()) {
      if (each !== 'OPTIONS') routes.push({ path: pathPattern(url), method: each })
    }
  })
  app.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const allowed = routes.filter((route) => route.path.test(path)).map(({ method }) => method)
    return sendProblem(allowed.length === 0 ? noRoute(request) : wrongMethod(request, allowed), request, reply)
  })
}

function pathPattern(url: string): RegExp {
  const parts = url
    .split('/')
    .map((part) => (part.startsWith(':') ? '[^/]+' : part.replace(/[.+?^$()[\]{}|\\]/g, '\\$&').replace('*', '.*')))
  return new RegExp(`^${parts.join('/')}$`)
}

function noRoute(request: FastifyRequest): ProblemError {
  return new ProblemError('ROUTE_NOT_FOUND', `there is nothing at ${request.method} ${request.url.split('?', 1)[0]}`, {
    status: 404,
    hint: 'GET /openapi.json lists every route',
  })
}

function wrongMethod(request: FastifyRequest, allowed: readonly string[]): ProblemError {
  const list = [...new Set(allowed)].sort().join(', ')
  return new ProblemError('METHOD_NOT_ALLOWED', `${request.method} is not possible here, only ${list}`, {
    status: 405,
    headers: { allow: list },
  })
}

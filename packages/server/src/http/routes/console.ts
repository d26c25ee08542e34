import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import { PalomaError } from '@paloma/core/domain'
import type { HttpApp } from '../http-app.ts'
import { ProblemError } from '../problem.ts'

const CSP =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; object-src 'none'; " +
  "base-uri 'none'; frame-ancestors 'none'"

/** Serves the built console at `/console/`; paths without a file name get its `index.html`, as it routes by itself. */
export async function consoleRoutes(app: HttpApp, directory: string): Promise<void> {
  if (!existsSync(join(directory, 'index.html'))) {
    throw new PalomaError('CONSOLE_MISSING', `the console directory ${directory} has no index.html`, {
      hint: 'npm run build:console',
    })
  }
  await app.register(fastifyStatic, {
    root: directory,
    serve: false,
    setHeaders: (reply) => {
      reply.header('content-security-policy', CSP)
      reply.header('x-content-type-options', 'nosniff')
      reply.header('referrer-policy', 'same-origin')
    },
  })
  const access = { kind: 'public' } as const
  app.get('/console', { config: { access }, schema: { hide: true } }, (_request, reply) => reply.redirect('/console/'))
  app.get('/console/*', { config: { access }, schema: { hide: true } }, (request, reply) => {
    const path = decodeURIComponent(request.url.split('?', 1)[0]?.slice('/console/'.length) ?? '')
    if (!/\.\w+$/.test(path)) return reply.sendFile('index.html', { maxAge: 0 })
    if (!existsSync(join(directory, join('/', path)))) {
      throw new ProblemError('ROUTE_NOT_FOUND', `the console has no file ${path}`, { status: 404 })
    }
    return reply.sendFile(path, { maxAge: path.startsWith('assets/') ? '365d' : 0 })
  })
}

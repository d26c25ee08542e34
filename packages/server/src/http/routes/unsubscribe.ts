import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import type { HttpApp, RouteDeps } from '../http-app.ts'
import { askPage, donePage, PAGE_HEADERS, unknownLinkPage } from '../unsubscribe-page.ts'

const params = z.object({ token: z.string().min(1).max(8_192) })
const html = { description: 'A page', content: { 'text/html': { schema: z.string() } } }
const response = { 200: html, 404: html }
const tags = ['unsubscribe']

const MAX_FORM_BYTES = 4_096

/** `/u/{token}`: GET only asks, as mail scanners follow links; POST acts, without cookies or login (RFC 8058). */
export function unsubscribeRoutes(app: HttpApp, { usecases }: RouteDeps): void {
  // The token says all: whatever form the mail client posts is read and dropped.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_FORM_BYTES }, (_request, _body, done) => {
    done(null, undefined)
  })
  app.route({
    method: 'GET',
    url: '/u/:token',
    config: { access: { kind: 'public' } },
    schema: { operationId: 'showUnsubscribe', summary: 'Asks; never acts', tags, security: [], params, response },
    handler: async (request, reply) => {
      const subscription = usecases.unsubscribe.show(request.params.token)
      return subscription === undefined
        ? sendPage(reply.code(404), unknownLinkPage())
        : sendPage(reply, askPage(subscription))
    },
  })
  app.route({
    method: 'POST',
    url: '/u/:token',
    config: { access: { kind: 'public' } },
    schema: { operationId: 'unsubscribe', summary: 'Unsubscribes', tags, security: [], params, response },
    handler: async (request, reply) => {
      const subscription = await usecases.unsubscribe.act(request.params.token)
      return subscription === undefined
        ? sendPage(reply.code(404), unknownLinkPage())
        : sendPage(reply, donePage(subscription))
    },
  })
}

function sendPage(reply: FastifyReply, page: string): FastifyReply {
  return reply
    .headers(PAGE_HEADERS)
    .type('text/html; charset=utf-8')
    .serializer((text: unknown) => String(text))
    .send(page)
}

import { z } from 'zod'
import type { TakenReport } from '../../usecases/contract.ts'
import type { HttpApp, RouteDeps } from '../http-app.ts'
import { onlyResult } from '../items.ts'
import { ProblemError } from '../problem.ts'
import { named } from '../schemas/atoms.ts'
import { PROBLEMS } from '../schemas/problem.ts'
import { documentedOnly } from '../validation.ts'

/** A report tells all it has to tell in its first part: what lies beyond may be cut off by whoever pipes it. */
const MAX_REPORT_BYTES = 1_048_576
const MEDIA_TYPES = ['message/rfc822', 'application/octet-stream']

const takenSchema: z.ZodType<TakenReport> = named(
  'MailReport',
  z.object({
    kind: z.enum(['bounce', 'complaint', 'other']),
    status: z.string().nullable(),
    isHard: z.boolean().nullable(),
    address: z.string().nullable(),
    sendId: z.string().nullable(),
    decisionId: z.string().nullable(),
    event: z
      .object({ name: z.string(), messageId: z.string(), status: z.enum(['created', 'duplicate', 'updated']) })
      .nullable(),
    detail: z.string().nullable(),
  }),
)

/** `/v1/mail-reports`: bounces and complaints as they lie in a mailbox. */
export function mailReportRoutes(app: HttpApp, { usecases }: RouteDeps): void {
  app.addContentTypeParser(MEDIA_TYPES, { parseAs: 'buffer', bodyLimit: MAX_REPORT_BYTES }, (_request, body, done) => {
    done(null, body)
  })
  app.route({
    method: 'POST',
    url: '/v1/mail-reports',
    bodyLimit: MAX_REPORT_BYTES,
    config: { access: { kind: 'key', scope: 'ingest' } },
    schema: {
      operationId: 'takeMailReport',
      summary: 'One raw message of a bounce mailbox: a delivery status notification or a feedback report',
      description:
        'The message as it came (RFC 5322), at most 1 MiB. What is no report, or is about no message of this server, is answered with `event: null` and changes nothing.',
      tags: ['events'],
      consumes: MEDIA_TYPES,
      body: documentedOnly(z.string()),
      response: { 200: takenSchema, ...PROBLEMS },
    },
    handler: async (request) => {
      const raw: unknown = request.body
      if (!(raw instanceof Uint8Array) || raw.length === 0) {
        throw new ProblemError('BODY_INVALID', 'the body is empty: expected one raw e-mail message', {
          hint: 'curl --data-binary @message.eml -H "Content-Type: message/rfc822" …',
        })
      }
      return onlyResult([await usecases.mailReports.take(raw)]).value
    },
  })
}

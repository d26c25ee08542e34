import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { z } from 'zod'
import type { ReceivedMessage } from './parallel-world.ts'

/** The company's own push and e-mail gateway: takes signed webhooks and keeps them until they are collected. */
export interface Gateway {
  readonly url: string
  /** Everything that arrived since the last call. */
  take(): readonly ReceivedMessage[]
  close(): Promise<void>
}

const eventSchema = z.object({
  time: z.iso.datetime(),
  data: z.object({
    sendId: z.string(),
    decisionId: z.string(),
    userId: z.string(),
    channel: z.enum(['push', 'email']),
    message: z.string(),
    category: z.enum(['transactional', 'service', 'marketing']),
    content: z.record(z.string(), z.string()),
  }),
})

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}

/** What a signature is made of; the clock behind `webhook-timestamp` may be virtual, so its age is not judged. */
function isSigned(webhook: Webhook, headers: IncomingMessage['headers'], body: string): boolean {
  const id = String(headers['webhook-id'])
  const seconds = Number(headers['webhook-timestamp'])
  const given = String(headers['webhook-signature']).split(' ')
  return given.includes(webhook.sign(id, new Date(seconds * 1000), body))
}

/** Listens on a free local port until closed. An unsigned or malformed message is answered 401 or 400 and not kept. */
export async function startGateway(secret: string): Promise<Gateway> {
  const webhook = new Webhook(secret)
  let received: ReceivedMessage[] = []
  const seen = new Set<string>()

  const receive = async (request: IncomingMessage): Promise<{ readonly status: number; readonly id?: string }> => {
    const body = await bodyOf(request)
    if (!isSigned(webhook, request.headers, body)) return { status: 401 }
    const parsed = eventSchema.safeParse(JSON.parse(body))
    if (!parsed.success) return { status: 400 }
    const { time, data } = parsed.data
    if (!seen.has(data.sendId)) received.push({ ...data, at: Date.parse(time) })
    seen.add(data.sendId)
    return { status: 202, id: data.sendId }
  }

  const server = createServer((request, response) => {
    receive(request).then(
      ({ status, id }) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ id })),
      (error: unknown) => response.writeHead(400).end(String(error)),
    )
  })
  server.keepAliveTimeout = 600_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/messages`,
    take() {
      const taken = received
      received = []
      return taken
    },
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)))
        server.closeAllConnections()
      }),
  }
}

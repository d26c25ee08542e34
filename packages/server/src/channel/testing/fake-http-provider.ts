import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Trouble } from './test-channel.ts'

/** What the provider got, whole. */
export interface ReceivedPost {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** A local HTTP server whose answers `accept` decides, with the levers of the conformance suite. */
export interface FakeHttpProvider {
  readonly url: string
  attempts(): number
  /** How many connections were made so far. */
  connections(): number
  accept(): Promise<void>
  make(trouble: Trouble): Promise<void>
  /** Answers every request with this status until `accept`. */
  answerWith(status: number, body?: string): void
  close(): Promise<void>
}

/** `onPost` sees each request while nothing is wrong and gives the status and body of the answer; it throws to answer 400. */
export async function fakeHttpProvider(
  onPost: (post: ReceivedPost) => { readonly status: number; readonly body?: string },
): Promise<FakeHttpProvider> {
  let trouble: Trouble | undefined
  let fixed: { readonly status: number; readonly body?: string } | undefined
  let attempts = 0
  let connections = 0

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request)
    attempts++
    if (trouble === 'hang-after-data') return
    if (trouble === 'drop-connection') return void request.socket.destroy()
    const answer =
      fixed ??
      (trouble === undefined ? judge({ path: request.url ?? '', headers: request.headers, body }) : TROUBLE[trouble])
    response.writeHead(answer?.status ?? 500).end(answer?.body)
  }
  const judge = (post: ReceivedPost): { readonly status: number; readonly body?: string } => {
    try {
      return onPost(post)
    } catch (error) {
      return { status: 400, body: String(error) }
    }
  }
  const server: Server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  server.on('connection', () => {
    connections++
  })
  const port = await listen(server, 0)
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.closeAllConnections()
      server.close(() => resolve())
    })
  return {
    url: `http://127.0.0.1:${port}`,
    attempts: () => attempts,
    connections: () => connections,
    async accept() {
      trouble = undefined
      fixed = undefined
      server.closeAllConnections()
      if (!server.listening) await listen(server, port)
    },
    async make(next) {
      trouble = next
      if (next === 'refuse-connection') await stop()
    },
    answerWith(status, body = '') {
      fixed = { status, body }
    },
    close: stop,
  }
}

const TROUBLE: Readonly<Partial<Record<Trouble, { readonly status: number; readonly body: string }>>> = {
  'reject-address': { status: 410, body: 'gone' },
  'server-error': { status: 503, body: 'try later' },
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

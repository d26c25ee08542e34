import { createServer, type ServerResponse } from 'node:http'

/** A gateway that takes messages and answers when it is told, or at once. */
export interface WebhookReceiver {
  readonly url: string
  /** Every sendId that arrived, in order, repeats included. */
  readonly arrived: readonly string[]
  /** From now on messages arrive and get no answer. */
  hold(): void
  /** Answers what is held, and from now on at once. */
  release(): void
  close(): Promise<void>
}

export async function webhookReceiver(): Promise<WebhookReceiver> {
  const arrived: string[] = []
  const held: ServerResponse[] = []
  let isHolding = false
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      arrived.push((JSON.parse(body) as { readonly id: string }).id)
      if (isHolding) held.push(response)
      else response.writeHead(202).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the receiver does not listen')
  return {
    url: `http://127.0.0.1:${address.port}/`,
    arrived,
    hold() {
      isHolding = true
    },
    release() {
      isHolding = false
      for (const response of held.splice(0)) response.writeHead(202).end()
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

const DRIP_MS = 20

/**
 * A server that greets with `begin`, answers line by line with `replies`, and from then on sends lines of a reply that
 * never ends. `closed` resolves when it stands still and no client is connected any more.
 */
export async function drippingServer(
  begin: string,
  replies: readonly string[] = [],
): Promise<{ readonly port: number; connections(): number; closed(): Promise<void> }> {
  const open = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    open.add(socket)
    let answered = 0
    let timer: NodeJS.Timeout | undefined
    const drip = (): void => {
      timer ??= setInterval(() => socket.write(`2${begin === '' ? 20 : 50}-still here\r\n`), DRIP_MS)
    }
    socket.on('error', () => {})
    socket.once('close', () => {
      clearInterval(timer)
      open.delete(socket)
    })
    socket.on('data', (data) => {
      for (const _ of data.toString().matchAll(/\r\n/g)) {
        const reply = replies[answered++]
        if (reply === undefined) drip()
        else socket.write(reply)
      }
    })
    if (begin === '') drip()
    else socket.write(begin)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    async closed() {
      await Promise.all([...open].map((socket) => new Promise((resolve) => socket.once('close', resolve))))
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

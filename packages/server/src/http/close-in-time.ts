import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** How long a closing server lets requests finish before it cuts their connections. */
const CLOSE_GRACE_MS = 3_000

/**
 * Lets a closing server end soon: connections on which nothing was asked yet, which Node does not count as idle, are
 * closed at once, and those of requests that do not finish after CLOSE_GRACE_MS.
 */
export function closeInTime(app: FastifyInstance): void {
  const unused = new Set<Socket>()
  app.server.on('connection', (socket: Socket) => {
    unused.add(socket)
    socket.once('close', () => unused.delete(socket))
  })
  app.server.on('request', ({ socket }: { readonly socket: Socket }) => unused.delete(socket))
  let timer: NodeJS.Timeout | undefined
  app.addHook('preClose', (done) => {
    for (const socket of unused) socket.destroy()
    timer = setTimeout(() => app.server.closeAllConnections(), CLOSE_GRACE_MS)
    done()
  })
  app.addHook('onClose', (_app, done) => {
    clearTimeout(timer)
    done()
  })
}

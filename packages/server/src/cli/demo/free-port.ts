import { createServer } from 'node:net'
import { PalomaError } from '@paloma/core/domain'

/** How often others may be quicker. */
const MAX_TRIES = 20

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}

/** `wanted`, or where it is taken the next port that is free. */
export async function freePort(wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + 100; port += 1) if (await canListen(port)) return port
  return 0
}

/** Starts something on a free port, and again on the next where another program took it since the look (PORT_IN_USE). */
export async function startOnFreePort<T>(wanted: number, start: (port: number) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start(await freePort(wanted))
    } catch (error) {
      if (!(error instanceof PalomaError && error.code === 'PORT_IN_USE') || tries >= MAX_TRIES) throw error
    }
  }
}

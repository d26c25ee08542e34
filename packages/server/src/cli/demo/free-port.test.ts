import { createServer, type Server } from 'node:net'
import { PalomaError } from '@paloma/core/domain'
import { afterEach, expect, it } from 'vitest'
import { freePort, startOnFreePort } from './free-port.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** Takes a port as a server's process does, and says so when somebody else has it. */
function take(port: number): Promise<number> {
  const server = createServer()
  servers.push(server)
  return new Promise((resolve, reject) => {
    server.once('error', () => reject(new PalomaError('PORT_IN_USE', `${port} is taken`)))
    server.listen(port, '127.0.0.1', () => resolve(port))
  })
}

it('gives two servers that start at the same moment a port each', async () => {
  const wanted = await freePort(17_000)
  const looked: (() => void)[] = []
  let asked = 0
  // Both have looked before either takes its port.
  const start = async (port: number): Promise<number> => {
    asked += 1
    if (asked <= 2) {
      await new Promise<void>((go) => {
        looked.push(go)
        if (looked.length === 2) for (const each of looked) each()
      })
    }
    return take(port)
  }
  const ports = await Promise.all([startOnFreePort(wanted, start), startOnFreePort(wanted, start)])
  expect(new Set(ports).size).toBe(2)
  expect(Math.min(...ports)).toBe(wanted)
})

it('tries no second time where the port is not what is wrong', async () => {
  let tries = 0
  const start = async (): Promise<never> => {
    tries += 1
    throw new PalomaError('DEMO_SERVER', 'no')
  }
  await expect(startOnFreePort(17_000, start)).rejects.toMatchObject({ code: 'DEMO_SERVER' })
  expect(tries).toBe(1)
})

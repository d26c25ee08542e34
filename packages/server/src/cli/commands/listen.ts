import { PalomaError } from '@paloma/core'
import type { Runtime } from '../../config/contract.ts'

/** The part of an HTTP server that is needed to make it listen. */
interface Listening {
  listen(at: { readonly host: string; readonly port: number }): Promise<string>
}

/** Makes a server listen. Rejects with PORT_IN_USE, PORT_FORBIDDEN or HOST_UNKNOWN, saying what to change. */
export async function listen(http: Listening, { host, port }: Pick<Runtime, 'host' | 'port'>): Promise<string> {
  try {
    return await http.listen({ host, port })
  } catch (cause) {
    throw refusal(cause, { host, port }) ?? cause
  }
}

function refusal(cause: unknown, { host, port }: Pick<Runtime, 'host' | 'port'>): PalomaError | undefined {
  switch (cause instanceof Error && 'code' in cause ? cause.code : '') {
    case 'EADDRINUSE':
      return new PalomaError('PORT_IN_USE', `port ${port} on ${host} is in use by another process`, {
        hint: 'stop that process, or give another port (--port, PALOMA_PORT)',
        cause,
      })
    case 'EACCES':
      return new PalomaError('PORT_FORBIDDEN', `this user may not listen on port ${port}`, {
        hint: 'ports below 1024 belong to the administrator: take another (--port, PALOMA_PORT) behind a proxy',
        cause,
      })
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new PalomaError('HOST_UNKNOWN', `${host} is no address of this machine`, {
        hint: 'listen on 127.0.0.1, 0.0.0.0, or an address the machine has (--host, PALOMA_HOST)',
        cause,
      })
    default:
      return undefined
  }
}

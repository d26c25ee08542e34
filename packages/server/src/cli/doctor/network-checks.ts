import { createServer } from 'node:net'
import type { Config, Runtime } from '../../config/contract.ts'
import { clockFault } from '../../usecases/index.ts'
import { type Finding, failed, ok, warning } from './finding.ts'

const ANSWER_MS = 2_000

/** Whether the port is free, or a Paloma has it already. */
export async function checkPort({ host, port }: Pick<Runtime, 'host' | 'port'>): Promise<Finding> {
  const refusal = await tryToListen(host, port)
  if (refusal === undefined) return ok('port', `${port} on ${host} is free`)
  if (refusal !== 'EADDRINUSE') {
    const remedy = 'give an address of this machine and a port above 1023 (--host, --port)'
    return failed('port', `${host}:${port} cannot be listened on (${refusal})`, remedy)
  }
  if (await isPaloma(host, port)) return ok('port', `a Paloma answers on ${host}:${port}`)
  const remedy = 'stop the other process, or give another port (--port, PALOMA_PORT)'
  return failed('port', `${port} on ${host} is in use by another process`, remedy)
}

function tryToListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ host, port }, () => server.close(() => resolve(undefined)))
  })
}

async function isPaloma(host: string, port: number): Promise<boolean> {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  try {
    const answer = await fetch(`http://${name}:${port}/healthz`, { signal: AbortSignal.timeout(ANSWER_MS) })
    return answer.ok && (await answer.text()) === '{"status":"ok"}'
  } catch {
    // Whatever listens there does not speak HTTP: it is somebody else.
    return false
  }
}

/** Whether links in messages lead back here from outside, safely. */
export function checkPublicUrl({ publicUrl }: Pick<Runtime, 'publicUrl'>, adapters: Config['adapters']): Finding {
  const { protocol, hostname } = new URL(publicUrl)
  const isLocal = isLocalName(hostname)
  const sendsOut = adapters.email !== undefined || adapters.push !== undefined
  if (isLocal && sendsOut) {
    const remedy = 'give the address that readers can reach (--public-url, PALOMA_PUBLIC_URL)'
    return warning('public-url', `${publicUrl}: links in messages lead to the reader’s own machine`, remedy)
  }
  if (isLocal || protocol === 'https:') return ok('public-url', publicUrl)
  const remedy = 'serve it over https (one-click unsubscribe of RFC 8058 needs it) and give that as --public-url'
  const found = `${publicUrl} is not encrypted`
  return adapters.email === undefined ? warning('public-url', found, remedy) : failed('public-url', found, remedy)
}

/** Whether a name means this machine alone. */
export function isLocalName(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\]|0\.0\.0\.0)$/.test(hostname) || hostname.endsWith('.localhost')
}

/** Whether the clock stands still where it should run, or says what cannot be. */
export function checkClock(
  { virtualClock, publicUrl }: Runtime,
  { nodeEnv, now }: { readonly nodeEnv: string | undefined; readonly now: number },
): Finding {
  if (virtualClock === null) {
    const fault = clockFault(now)
    return fault === undefined ? ok('clock', 'the machine’s') : failed('clock', fault.message, fault.hint ?? '')
  }
  const isProduction = nodeEnv === 'production' || !isLocalName(new URL(publicUrl).hostname)
  const found = 'virtual: nothing is sent until POST /v1/clock moves it'
  const remedy = 'take PALOMA_VIRTUAL_CLOCK away where real users are served'
  return isProduction ? failed('clock', found, remedy) : warning('clock', found, remedy)
}

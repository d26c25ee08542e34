import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Dispatcher, Pool } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import { KEEP_ALIVE, postOnce } from './http-post.ts'

let server: Server
let pool: Pool

async function serve(listener: RequestListener): Promise<URL> {
  server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  pool = new Pool(url.origin, { connections: 1 })
  return url
}

afterEach(async () => {
  await pool.destroy()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

describe('postOnce', () => {
  it('never writes a request that was given up while it waited for a connection', async () => {
    const bodies: string[] = []
    let release = (): void => {}
    const url = await serve(async (request, response) => {
      for await (const chunk of request) bodies.push(String(chunk))
      release = () => response.end('ok')
      if (bodies.at(-1) === 'third') release()
    })
    const first = postOnce(pool, { url, headers: {}, body: 'first', timeoutMs: 20_000 })
    const second = postOnce(pool, { url, headers: {}, body: 'second', timeoutMs: 60 })
    expect(await second).toEqual({ kind: 'not-sent', reason: 'no answer within 60 ms' })
    release()
    expect(await first).toMatchObject({ kind: 'answered', status: 200, text: 'ok' })
    const third = await postOnce(pool, { url, headers: {}, body: 'third', timeoutMs: 20_000 })
    expect(third).toMatchObject({ kind: 'answered', status: 200 })
    expect(bodies).toEqual(['first', 'third'])
  })

  it('hears of a connection that the other side has closed before it writes, where nobody has looked yet', async () => {
    const url = await serve((_request, response) => response.end())
    const heard: string[] = []
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve))
    const kept = connect(Number(url.port), '127.0.0.1').resume()
    kept.once('end', () => heard.push('closed'))
    const closing = await accepted
    const dispatcher = { dispatch: () => heard.push('written') > 0 } as unknown as Dispatcher
    closing.destroy()
    void postOnce(dispatcher, { url, headers: {}, body: 'x', timeoutMs: 20_000 })
    for (let turn = 0; heard.length < 2 && turn < 100; turn++) await nextTurn()
    expect(heard).toEqual(['closed', 'written'])
    expect(KEEP_ALIVE.keepAliveTimeout).toBeLessThan(2_000)
  })

  it('takes a status for an answer even when the body is lost', async () => {
    const url = await serve((request, response) => {
      response.writeHead(202, { 'content-length': '100' })
      response.write('half')
      setTimeout(() => request.socket.destroy(), 30)
    })
    const answer = await postOnce(pool, { url, headers: {}, body: 'x', timeoutMs: 20_000 })
    expect(answer).toMatchObject({ kind: 'answered', status: 202, text: 'half' })
  })

  it('waits for the final status after an early hint', async () => {
    const url = await serve((_request, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' })
      response.writeHead(503).end()
    })
    expect(await postOnce(pool, { url, headers: {}, body: 'x', timeoutMs: 20_000 })).toMatchObject({ status: 503 })
  })

  it('does not follow a redirect', async () => {
    let requests = 0
    const url = await serve((_request, response) => {
      requests++
      response.writeHead(307, { location: '/elsewhere' }).end()
    })
    expect(await postOnce(pool, { url, headers: {}, body: 'x', timeoutMs: 20_000 })).toMatchObject({ status: 307 })
    expect(requests).toBe(1)
  })

  it('posts to the whole URL, query included', async () => {
    const url = await serve((request, response) => response.end(request.url))
    const answer = await postOnce(pool, { url: new URL('/a?b=c', url), headers: {}, body: 'x', timeoutMs: 20_000 })
    expect(answer).toMatchObject({ text: '/a?b=c' })
  })
})

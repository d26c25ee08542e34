import { connect } from 'node:net'
import { beforeEach, describe, expect, it } from 'vitest'
import { createHttp } from '../create-http.ts'
import { inboxSchema } from '../schemas/inbox.ts'
import { httpHarness, saveAnn, testConfig } from '../testing/http-harness.ts'

const http = httpHarness()

describe('inbox', () => {
  it('lists and marks for the owner of the token alone', async () => {
    const { token } = (await http.call('POST', '/v1/users/ann/inbox-token')).json()
    for (const id of ['s1', 's2', 's3']) http.fake.deliver('ann', id)
    const owner = { authorization: `Bearer ${token}` }
    const page = inboxSchema.parse((await http.call('GET', '/v1/users/ann/inbox?limit=2', undefined, owner)).json())
    expect(page).toMatchObject({ items: [{ sendId: 's3' }, { sendId: 's2' }], unseen: 3, nextCursor: 's2' })
    const next = await http.app.inject({ method: 'GET', url: `/v1/users/ann/inbox?cursor=s2&token=${token}` })
    expect(next.json()).toMatchObject({ items: [{ sendId: 's1' }], nextCursor: null })
    const marked = await http.call('POST', '/v1/users/ann/inbox/s1', { status: 'archived' }, owner)
    expect(marked.json()).toMatchObject({ status: 'archived' })
    expect((await http.call('GET', '/v1/users/ann/inbox?withArchived=true')).json().items).toHaveLength(3)
    expect((await http.call('GET', '/v1/users/bob/inbox', undefined, owner)).statusCode).toBe(401)
    expect((await http.call('POST', '/v1/users/bob/inbox/s1', { status: 'read' })).statusCode).toBe(404)
  })

  it('streams new items, resumes after the last one, and ends with the server', async () => {
    const address = await http.app.listen({ port: 0, host: '127.0.0.1' })
    http.fake.deliver('ann', 's1')
    http.fake.deliver('ann', 's2')
    const response = await fetch(`${address}/v1/users/ann/inbox/stream`, {
      headers: { authorization: 'Bearer pk_read', 'last-event-id': 's1' },
    })
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    const until = async (part: string): Promise<void> => {
      while (!text.includes(part)) {
        const { value, done } = await reader.read()
        if (done) throw new Error(`the stream ended before ${part}`)
        text += value
      }
    }
    await until('id: s2\n')
    http.fake.deliver('ann', 's3')
    await until('id: s3\n')
    expect(text).not.toContain('id: s1\n')
    expect(text.match(/id: s2\n/g)).toHaveLength(1)
    expect(http.fake.listeners('ann')).toBe(1)
    await http.app.close()
    while (!(await reader.read()).done);
    await expect.poll(() => http.fake.listeners('ann')).toBe(0)
  })

  it('streams to more readers than there may be requests in flight, and answers others meanwhile', async () => {
    const app = createHttp({ usecases: http.fake.usecases, config: testConfig, maxInFlight: 2 })
    const address = await app.listen({ port: 0, host: '127.0.0.1' })
    const ask = (path: string) => fetch(`${address}${path}`, { headers: { authorization: 'Bearer pk_read' } })
    const streams: Response[] = []
    for (let i = 0; i < 5; i += 1) streams.push(await ask('/v1/users/ann/inbox/stream'))
    expect(streams.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    expect((await ask('/v1/users/ann/inbox')).status).toBe(200)
    for (const { body } of streams) await body?.cancel()
    await expect.poll(() => http.fake.listeners('ann')).toBe(0)
    expect((await ask('/v1/users/ann/inbox')).status).toBe(200)
    await app.close()
  })

  it('keeps no more for a reader who does not read than a bound, and lets him come back', async () => {
    const address = await http.app.listen({ port: 0, host: '127.0.0.1' })
    const reader = connect(Number(new URL(address).port), '127.0.0.1', () => {
      reader.write('GET /v1/users/ann/inbox/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer pk_read\r\n\r\n')
      reader.pause()
    })
    await expect.poll(() => http.fake.listeners('ann')).toBe(1)
    // What the kernel takes comes first; then a megabyte waits here, not hundreds of events whatever their size.
    let delivered = 0
    for (; delivered < 900 && http.fake.listeners('ann') === 1; delivered += 1) {
      http.fake.deliver('ann', `s${delivered}`, 'x'.repeat(100_000))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(delivered).toBeLessThan(200)
    reader.destroy()
  })
})

describe('unsubscribe', () => {
  beforeEach(() => saveAnn(http))
  const email = async (): Promise<unknown> => (await http.call('GET', '/v1/users/ann')).json().consent.channels.email

  it('only asks on GET, and escapes what it shows', async () => {
    const page = await http.app.inject({ method: 'GET', url: '/u/token-ann' })
    expect(page.headers['content-type']).toContain('text/html')
    expect(page.body).toContain('&lt;b&gt;offers&lt;/b&gt;')
    expect(page.body).toContain('<form method="post">')
    expect(await email()).toBeUndefined()
  })

  it.each(['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'acts on a one-click POST of %s',
    async (type) => {
      const answer = await http.app.inject({
        method: 'POST',
        url: '/u/token-ann',
        headers: { 'content-type': type },
        payload: 'List-Unsubscribe=One-Click',
      })
      expect(answer.statusCode).toBe(200)
      expect(await email()).toBe('denied')
    },
  )

  it('answers 404 to a forged token', async () => {
    expect((await http.app.inject({ method: 'GET', url: '/u/forged' })).statusCode).toBe(404)
    // As long as the token of somebody with a long name in a topic with a long name.
    expect((await http.app.inject({ method: 'GET', url: `/u/${'x'.repeat(4_200)}` })).statusCode).toBe(404)
    expect((await http.app.inject({ method: 'POST', url: '/u/forged' })).statusCode).toBe(404)
  })
})

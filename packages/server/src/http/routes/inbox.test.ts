import { beforeEach, describe, expect, it } from 'vitest'
import { inboxSchema } from '../schemas/inbox.ts'
import { httpHarness, saveAnn } from '../testing/http-harness.ts'

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
    expect((await http.app.inject({ method: 'POST', url: '/u/forged' })).statusCode).toBe(404)
  })
})

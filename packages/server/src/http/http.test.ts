import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PalomaError } from '@paloma/core/domain'
import fc from 'fast-check'
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defineConfig } from '../config/define-config.ts'
import { createHttp } from './create-http.ts'
import { jsonErrorPosition } from './json-position.ts'
import { decisionAnswerSchema, explanationSchema, replaySchema, wireDecisionSchema } from './schemas/decision.ts'
import { groupComparisonSchema } from './schemas/group.ts'
import { inboxSchema } from './schemas/inbox.ts'
import { wireOpportunitySchema } from './schemas/opportunity.ts'
import { problemSchema } from './schemas/problem.ts'
import { timelineEntrySchema } from './schemas/timeline.ts'
import { wireUserDetailSchema, wireUserSchema } from './schemas/user.ts'
import { type FakeControls, fakeUsecases } from './testing/fake-usecases.ts'
import { malformation } from './well-formed.ts'

const config = defineConfig({ limits: { batchItems: 5, bodyBytes: 8_192, eventBytes: 1_024 } })

let fake: FakeControls
let app: FastifyInstance

beforeEach(() => {
  fake = fakeUsecases()
  app = createHttp({ usecases: fake.usecases, config })
})
afterEach(() => app.close())

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

function call(method: Method, url: string, payload?: unknown, headers = {}): Promise<LightMyRequestResponse> {
  const options: InjectOptions = { method, url, headers: { authorization: 'Bearer pk_admin', ...headers } }
  return app.inject(payload === undefined ? options : { ...options, payload: payload as object })
}

const opportunity = {
  id: 'o1',
  producer: 'shop',
  userId: 'ann',
  message: 'price-drop',
  channels: ['email', 'in-app'],
  content: { email: { subject: 'Hi', html: '<p>Hi</p>' } },
  window: { expires: '2026-02-01T00:00:00Z' },
}

async function ready(): Promise<void> {
  await call('POST', '/v1/users', { userId: 'ann', addresses: { email: 'ann@example.org' } })
  await call('POST', '/v1/opportunities', opportunity)
}

describe('users', () => {
  it('creates, changes, lists and erases', async () => {
    const created = await call('POST', '/v1/users', { userId: 'ann', traits: { age: 30 }, timeZone: 'Europe/Berlin' })
    expect(created.statusCode).toBe(201)
    expect(wireUserSchema.parse(created.json())).toMatchObject({ userId: 'ann', createdAt: '2026-01-15T12:00:00.000Z' })

    const changed = await call('PATCH', '/v1/users/ann', {
      traits: { age: null },
      consent: { channels: { email: 'denied' } },
    })
    expect(changed.statusCode).toBe(200)
    expect(changed.json()).toMatchObject({ traits: {}, consent: { channels: { email: 'denied' } } })
    expect((await call('PUT', '/v1/users/bob', {})).statusCode).toBe(201)

    const first = await call('GET', '/v1/users?limit=1')
    expect(first.json()).toMatchObject({ data: [{ userId: 'ann' }], nextCursor: 'ann' })
    expect((await call('GET', '/v1/users?limit=5&cursor=ann')).json()).toMatchObject({
      data: [{ userId: 'bob' }],
      nextCursor: null,
    })
    expect(wireUserDetailSchema.parse((await call('GET', '/v1/users/ann')).json()).group).toBe('paloma')
    expect((await call('DELETE', '/v1/users/ann')).json()).toEqual({ rows: 1 })
    expect((await call('GET', '/v1/users/ann')).json()).toMatchObject({ code: 'USER_NOT_FOUND', status: 404 })
  })

  it('refuses one item of a batch without its neighbours', async () => {
    const answer = await call('POST', '/v1/users/batch', {
      items: [
        { userId: 'a' },
        { userId: 'b', colour: 'red' },
        { userId: 'c', addresses: { email: 'no' } },
        7,
        { userId: 'd' },
      ],
    })
    expect(answer.statusCode).toBe(200)
    expect(answer.json().results).toMatchObject([
      { ok: true, status: 'created', value: { userId: 'a' } },
      { ok: false, error: { code: 'ITEM_INVALID', pointer: '/colour' } },
      { ok: false, error: { pointer: '/addresses/email' } },
      { ok: false, error: { pointer: '' } },
      { ok: true },
    ])
  })

  it('accepts ids with every printable character in the path', async () => {
    const id = 'a/b?c#d %ä€😀'
    expect((await call('PUT', `/v1/users/${encodeURIComponent(id)}`, {})).json()).toMatchObject({ userId: id })
  })
})

describe('opportunities', () => {
  it('are idempotent by id, found and withdrawn', async () => {
    expect((await call('POST', '/v1/opportunities', opportunity)).json()).toEqual({ id: 'o1', status: 'created' })
    expect((await call('POST', '/v1/opportunities', opportunity)).json()).toEqual({ id: 'o1', status: 'duplicate' })
    const conflict = await call('POST', '/v1/opportunities', { ...opportunity, message: 'other' })
    expect(conflict.json()).toMatchObject({ status: 409, code: 'OPPORTUNITY_CONFLICT', errors: [{ pointer: '/id' }] })

    const found = wireOpportunitySchema.parse((await call('GET', '/v1/opportunities/o1')).json())
    expect(found).toMatchObject({ status: 'open', category: 'marketing', variants: [{ name: 'default' }] })
    expect((await call('DELETE', '/v1/opportunities/o1')).json()).toEqual({ id: 'o1', status: 'withdrawn' })
    expect((await call('DELETE', '/v1/opportunities/o9')).statusCode).toBe(404)
  })

  it('come in lists', async () => {
    const items = [opportunity, { ...opportunity, id: 'o2', window: { expires: 5 } }, { ...opportunity, id: 'o3' }]
    const { results } = (await call('POST', '/v1/opportunities', { items })).json()
    expect(results).toMatchObject([{ ok: true }, { ok: false, error: { pointer: '/window/expires' } }, { ok: true }])
  })

  it.each([
    [{ channels: [] }, '/channels'],
    [{ channels: ['email', 'email'] }, '/channels'],
    [{ content: undefined }, '/content'],
    [{ window: { notBefore: '2026-03-01T00:00:00Z', expires: '2026-02-01T00:00:00Z' } }, '/window/expires'],
    [{ window: { expires: '2026-02-30T00:00:00Z' } }, '/window/expires'],
    [{ window: { expires: '2126-02-01T00:00:00Z' } }, '/window/expires'],
    [{ message: 'x'.repeat(257) }, '/message'],
    [{ id: 'nul\u0000' }, '/id'],
    [{ topic: 'half \ud800' }, '/topic'],
    [{ surprise: 1 }, '/surprise'],
  ])('refuse %j and name the field', async (change, pointer) => {
    const answer = await call('POST', '/v1/opportunities', { ...opportunity, ...change })
    expect(answer.statusCode).toBe(400)
    expect(problemSchema.parse(answer.json()).errors[0]?.pointer).toBe(pointer)
  })
})

describe('events', () => {
  it.each([
    ['identify', { userId: 'ann', traits: { age: 3 } }],
    ['track', { userId: 'ann', event: 'Order Completed', properties: { revenue: 5 }, unknown: true }],
    ['page', { anonymousId: 'anon', name: 'Home' }],
    ['screen', { userId: 7, name: 'Home', messageId: null }],
    ['group', { userId: 'ann', groupId: 'g' }],
    ['alias', { userId: 'ann', previousId: 'anon' }],
  ])('takes %s as Segment sends it', async (type, body) => {
    const answer = await call('POST', `/v1/${type}`, body)
    expect(answer.json()).toMatchObject({ success: true, status: 'created', messageId: expect.any(String) })
  })

  it.each([
    ['track', { userId: 'ann' }, '/event'],
    ['track', { event: 'x' }, '/userId'],
    ['alias', { userId: 'ann' }, '/previousId'],
    ['group', { userId: 'ann' }, '/groupId'],
    ['track', { userId: 'ann', event: 'x', timestamp: 'yesterday' }, '/timestamp'],
  ])('refuses %s %j', async (type, body, pointer) => {
    const answer = await call('POST', `/v1/${type}`, body)
    expect(answer.json()).toMatchObject({ status: 400, errors: [{ pointer }] })
  })

  it('takes the write key from Basic, from the body, and text/plain from browsers', async () => {
    const event = { userId: 'ann', event: 'x' }
    const basic = { authorization: `Basic ${Buffer.from('pk_ingest:').toString('base64')}` }
    expect((await app.inject({ method: 'POST', url: '/v1/track', headers: basic, payload: event })).statusCode).toBe(
      200,
    )
    const inBody = await app.inject({
      method: 'POST',
      url: '/v1/batch',
      headers: { 'content-type': 'text/plain', origin: 'https://shop.example' },
      payload: JSON.stringify({ writeKey: 'pk_ingest', batch: [{ type: 'track', ...event }] }),
    })
    expect(inBody.json()).toMatchObject({ success: true })
    expect(inBody.headers['access-control-allow-origin']).toBe('*')
    const without = await app.inject({ method: 'POST', url: '/v1/track', payload: event })
    expect(without.json()).toMatchObject({ status: 401, code: 'KEY_MISSING' })
  })

  it('answers a batch item by item and names the size limit', async () => {
    const answer = await call('POST', '/v1/batch', {
      sentAt: '2026-01-15T11:00:00Z',
      context: { timezone: 'Europe/Berlin' },
      batch: [
        { type: 'track', userId: 'ann', event: 'x', messageId: 'm1', timestamp: '2026-01-15T10:59:00Z' },
        { type: 'track', userId: 'ann', event: 'x', messageId: 'm1' },
        { type: 'dance', userId: 'ann' },
        { type: 'track', userId: 'ann', event: 'x', properties: { text: 'x'.repeat(2_000) } },
        { type: 'track', userId: 'ann', event: 'x', properties: { text: 'a\u0000' } },
      ],
    })
    expect(answer.json()).toMatchObject({
      success: false,
      results: [
        { ok: true, status: 'created', value: { messageId: 'm1' } },
        { ok: true, status: 'duplicate' },
        { ok: false, error: { pointer: '/type' } },
        { ok: false, error: { code: 'EVENT_OVER_LIMIT', detail: expect.stringContaining('1024') } },
        { ok: false, error: { pointer: '/properties/text' } },
      ],
    })
    await call('POST', '/v1/users', { userId: 'ann' })
    const timeline = await call('GET', '/v1/users/ann/timeline')
    expect(timeline.json().data).toMatchObject([{ kind: 'outcome', at: '2026-01-15T11:59:00.000Z' }])
  })

  it('counts items and bytes', async () => {
    const item = { type: 'track', userId: 'ann', event: 'x' }
    const many = await call('POST', '/v1/batch', { batch: Array.from({ length: 6 }, () => item) })
    expect(many.json()).toMatchObject({ status: 400, code: 'TOO_MANY_ITEMS', detail: expect.stringContaining('is 5') })
    const large = await call('POST', '/v1/batch', { batch: [item], pad: 'x'.repeat(9_000) })
    expect(large.json()).toMatchObject({ status: 413, code: 'BODY_TOO_LARGE' })
  })
})

describe('decisions', () => {
  beforeEach(ready)

  it('need an idempotency key and answer the same for the same', async () => {
    const missing = await call('POST', '/v1/decisions', { userId: 'ann' })
    expect(missing.json()).toMatchObject({ status: 400, code: 'IDEMPOTENCY_KEY_MISSING' })

    const first = await call('POST', '/v1/decisions', { userId: 'ann' }, { 'idempotency-key': '"d1"' })
    expect(decisionAnswerSchema.parse(first.json())).toMatchObject({
      decisionId: 'd1',
      action: { kind: 'send', channel: 'email', sendAt: '2026-01-15T12:00:00.000Z' },
      propensity: 0.5,
      sendStatus: 'reserved',
    })
    const again = await call('POST', '/v1/decisions', { userId: 'ann', decisionId: 'd1' })
    expect(again.json()).toEqual(first.json())
    expect(again.headers['idempotent-replayed']).toBe('true')
    const other = await call('POST', '/v1/decisions', { userId: 'ann', decisionId: 'd1', deliver: false })
    expect(other.json()).toMatchObject({ status: 422, code: 'DECISION_CONFLICT' })
    const two = await call('POST', '/v1/decisions', { userId: 'ann', decisionId: 'd2' }, { 'idempotency-key': 'd1' })
    expect(two.json()).toMatchObject({ status: 400, code: 'IDEMPOTENCY_KEYS_DIFFER' })
  })

  it('are looked up, explained, replayed and audited', async () => {
    await call('POST', '/v1/decisions', { userId: 'ann', decisionId: 'd/1', context: { screen: 'home' } })
    const url = '/v1/decisions/d%2F1'
    expect(wireDecisionSchema.parse((await call('GET', url)).json()).inputs.context).toEqual({ screen: 'home' })
    expect(explanationSchema.parse((await call('GET', `${url}/explain`)).json()).decisionId).toBe('d/1')
    expect(replaySchema.parse((await call('POST', `${url}/replay`)).json()).identical).toBe(true)
    expect((await call('POST', '/v1/decisions/audit')).json()).toMatchObject({ checked: 1 })
    expect((await call('POST', '/v1/decisions/audit', { day: '2025-01-01' })).json()).toMatchObject({ checked: 0 })
    for (const path of ['', '/explain']) expect((await call('GET', `/v1/decisions/no${path}`)).statusCode).toBe(404)
    expect((await call('POST', '/v1/decisions/no/replay')).statusCode).toBe(404)
    const timeline = (await call('GET', '/v1/users/ann/timeline?limit=10')).json()
    for (const entry of timeline.data) timelineEntrySchema.parse(entry)
    expect(timeline.data.map((entry: { kind: string }) => entry.kind)).toEqual(['decision', 'send', 'opportunity'])
  })

  it('come in batches', async () => {
    const items = [{ userId: 'ann', decisionId: 'd1' }, { userId: 'ann' }, { userId: 'nobody', decisionId: 'd3' }]
    const { results } = (await call('POST', '/v1/decisions/batch', { items })).json()
    expect(results).toMatchObject([
      { ok: true, value: { decisionId: 'd1' } },
      { ok: false, error: { pointer: '/decisionId' } },
      { ok: false, error: { code: 'USER_NOT_FOUND' } },
    ])
  })

  it('refuse a moment where the clock is real', async () => {
    const real = createHttp({ usecases: fakeUsecases({ isVirtual: false }).usecases, config })
    const headers = { authorization: 'Bearer pk_admin' }
    const payload = { userId: 'ann', decisionId: 'd1', at: '2026-01-01T00:00:00Z' }
    const answer = await real.inject({ method: 'POST', url: '/v1/decisions', headers, payload })
    expect(answer.json()).toMatchObject({ status: 409, code: 'CLOCK_NOT_VIRTUAL' })
    const clock = await real.inject({
      method: 'POST',
      url: '/v1/clock',
      headers,
      payload: { now: '2026-02-01T00:00:00Z' },
    })
    expect(clock.json()).toMatchObject({ status: 409, code: 'CLOCK_NOT_VIRTUAL' })
    await real.close()
  })
})

describe('groups, clock and keys', () => {
  it('compares groups over an interval', async () => {
    const answer = await call('GET', '/v1/groups/compare?from=2026-01-01&until=1770000000000')
    expect(groupComparisonSchema.parse(answer.json()).from).toBe('2026-01-01T00:00:00.000Z')
    expect((await call('GET', '/v1/groups/compare?from=2026-01-02&until=2026-01-01')).json()).toMatchObject({
      errors: [{ pointer: '/until' }],
    })
    expect((await call('GET', '/v1/groups/compare?from=2026-01-02')).json()).toMatchObject({
      code: 'PARAMETER_INVALID',
    })
  })

  it('moves a virtual clock forward only', async () => {
    expect((await call('GET', '/v1/clock')).json()).toEqual({ now: '2026-01-15T12:00:00.000Z', isVirtual: true })
    expect((await call('POST', '/v1/clock', { now: '2026-01-16T00:00:00Z' })).json()).toMatchObject({
      now: '2026-01-16T00:00:00.000Z',
      stateId: 2,
    })
    expect((await call('POST', '/v1/clock', { now: '2026-01-01T00:00:00Z' })).json()).toMatchObject({ status: 409 })
  })

  it('creates, lists and revokes keys, and never shows a hash', async () => {
    const { key, secret } = (await call('POST', '/v1/keys', { name: 'app', scopes: ['read'] })).json()
    const list = await call('GET', '/v1/keys')
    expect(list.body).not.toContain('hash')
    expect(list.json().data).toHaveLength(5)
    const use = () => app.inject({ method: 'GET', url: '/v1/users', headers: { 'x-api-key': secret } })
    expect((await use()).statusCode).toBe(200)
    expect((await call('DELETE', `/v1/keys/${key.id}`)).statusCode).toBe(204)
    expect((await use()).json()).toMatchObject({ status: 401, code: 'KEY_INVALID' })
    expect((await call('DELETE', '/v1/keys/none')).statusCode).toBe(404)
    expect((await call('POST', '/v1/keys', { name: 'app', scopes: ['root'] })).json()).toMatchObject({
      errors: [{ pointer: '/scopes/0' }],
    })
  })

  it.each([
    ['GET', '/v1/users', 'pk_ingest'],
    ['POST', '/v1/decisions', 'pk_read'],
    ['DELETE', '/v1/users/ann', 'pk_ingest'],
    ['GET', '/v1/keys', 'pk_decide'],
  ] as const)('lets %s %s not through with %s', async (method, url, secret) => {
    const answer = await call(method, url, undefined, { authorization: `Bearer ${secret}` })
    expect(answer.json()).toMatchObject({ status: 403, code: 'SCOPE_MISSING' })
  })
})

describe('inbox', () => {
  it('lists and marks for the owner of the token alone', async () => {
    const { token } = (await call('POST', '/v1/users/ann/inbox-token')).json()
    for (const id of ['s1', 's2', 's3']) fake.deliver('ann', id)
    const owner = { authorization: `Bearer ${token}` }
    const page = inboxSchema.parse((await call('GET', '/v1/users/ann/inbox?limit=2', undefined, owner)).json())
    expect(page).toMatchObject({ items: [{ sendId: 's3' }, { sendId: 's2' }], unseen: 3, nextCursor: 's2' })
    const next = await app.inject({ method: 'GET', url: `/v1/users/ann/inbox?cursor=s2&token=${token}` })
    expect(next.json()).toMatchObject({ items: [{ sendId: 's1' }], nextCursor: null })
    const marked = await call('POST', '/v1/users/ann/inbox/s1', { status: 'archived' }, owner)
    expect(marked.json()).toMatchObject({ status: 'archived' })
    expect((await call('GET', '/v1/users/ann/inbox?withArchived=true')).json().items).toHaveLength(3)
    expect((await call('GET', '/v1/users/bob/inbox', undefined, owner)).statusCode).toBe(401)
    expect((await call('POST', '/v1/users/bob/inbox/s1', { status: 'read' })).statusCode).toBe(404)
  })

  it('streams new items, resumes after the last one, and ends with the server', async () => {
    const address = await app.listen({ port: 0, host: '127.0.0.1' })
    fake.deliver('ann', 's1')
    fake.deliver('ann', 's2')
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
    fake.deliver('ann', 's3')
    await until('id: s3\n')
    expect(text).not.toContain('id: s1\n')
    expect(text.match(/id: s2\n/g)).toHaveLength(1)
    expect(fake.listeners('ann')).toBe(1)
    await app.close()
    while (!(await reader.read()).done);
    await expect.poll(() => fake.listeners('ann')).toBe(0)
  })
})

describe('unsubscribe', () => {
  beforeEach(ready)
  const email = async (): Promise<unknown> => (await call('GET', '/v1/users/ann')).json().consent.channels.email

  it('only asks on GET, and escapes what it shows', async () => {
    const page = await app.inject({ method: 'GET', url: '/u/token-ann' })
    expect(page.headers['content-type']).toContain('text/html')
    expect(page.body).toContain('&lt;b&gt;offers&lt;/b&gt;')
    expect(page.body).toContain('<form method="post">')
    expect(await email()).toBeUndefined()
  })

  it.each(['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'acts on a one-click POST of %s',
    async (type) => {
      const answer = await app.inject({
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
    expect((await app.inject({ method: 'GET', url: '/u/forged' })).statusCode).toBe(404)
    expect((await app.inject({ method: 'POST', url: '/u/forged' })).statusCode).toBe(404)
  })
})

describe('health and metrics', () => {
  it('tells that it lives and is ready', async () => {
    expect((await app.inject('/healthz')).json()).toEqual({ status: 'ok' })
    expect((await app.inject('/readyz')).json()).toEqual({
      ready: true,
      checks: { store: { ok: true, detail: 'in memory' } },
    })
    const remote = await app.inject({ url: '/readyz', remoteAddress: '10.0.0.9' })
    expect(remote.json()).toEqual({ ready: true, checks: { store: { ok: true } } })
  })

  it('shows metrics to local callers and keys', async () => {
    await call('POST', '/v1/users', { userId: 'ann' })
    const answer = await app.inject('/metrics')
    expect(answer.body).toContain('paloma_users_in_memory 1')
    expect(answer.body).toMatch(/paloma_http_request_duration_seconds_count\{.*route="\/v1\/users".*\} 1/)
    expect((await app.inject({ url: '/metrics', remoteAddress: '10.0.0.9' })).statusCode).toBe(401)
    expect((await app.inject({ url: '/metrics', headers: { 'x-forwarded-for': '1.2.3.4' } })).statusCode).toBe(401)
    expect((await call('GET', '/metrics', undefined, { 'x-forwarded-for': '1.2.3.4' })).statusCode).toBe(200)
  })
})

describe('problems', () => {
  it.each([
    ['GET', '/nowhere', 404, 'ROUTE_NOT_FOUND'],
    ['PATCH', '/v1/users', 405, 'METHOD_NOT_ALLOWED'],
    ['GET', '/v1/users/%E0%A4%A', 400, 'URL_MALFORMED'],
    ['GET', '/v1/users?limit=x', 400, 'PARAMETER_INVALID'],
    ['GET', '/v1/users?colour=red', 400, 'PARAMETER_INVALID'],
  ] as const)('answer %s %s with %i %s', async (method, url, status, code) => {
    const answer = await call(method, url)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(problemSchema.parse(answer.json())).toMatchObject({ status, code, requestId: expect.any(String) })
  })

  it('name the methods a path has', async () => {
    expect((await call('PATCH', '/v1/users')).headers.allow).toBe('GET, POST')
  })

  it('name the place where JSON breaks', async () => {
    const headers = { 'content-type': 'application/json' }
    const answer = await call('POST', '/v1/users', '{"userId": ann}', headers)
    expect(answer.json()).toMatchObject({
      status: 400,
      code: 'JSON_MALFORMED',
      detail: expect.stringContaining('position 11'),
    })
    const xml = await call('POST', '/v1/users', '<a/>', { 'content-type': 'text/xml' })
    expect(xml.json()).toMatchObject({ status: 415, code: 'MEDIA_TYPE_UNSUPPORTED' })
  })

  it.each([
    [new PalomaError('STORE_UNREACHABLE', 'no store'), 503, 'STORE_UNREACHABLE'],
    [Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), 503, 'STORE_UNAVAILABLE'],
    [
      new PalomaError('ODD', 'secret path /etc', { cause: Object.assign(new Error('x'), { code: '40001' }) }),
      503,
      'STORE_UNAVAILABLE',
    ],
    [new Error('secret path /etc'), 500, 'INTERNAL'],
  ])('tell a failing store from a bug, and nothing of the inside: %s', async (error, status, code) => {
    fake.failNext(error)
    const answer = await call('GET', '/v1/users')
    expect(answer.json()).toMatchObject({ status, code })
    expect(answer.body).not.toContain('secret')
    expect(answer.headers['retry-after']).toBe(status === 503 ? '1' : undefined)
  })

  it('ask to come back when too much is in flight', async () => {
    const small = createHttp({ usecases: fake.usecases, config, maxInFlight: 0 })
    const answer = await small.inject('/v1/users')
    expect(answer.json()).toMatchObject({ status: 503, code: 'SERVER_BUSY' })
    expect(answer.headers['retry-after']).toBe('1')
    await small.close()
  })

  it('are what any JSON at worst gets: never 500', async () => {
    await ready()
    const urls = [
      '/v1/users',
      '/v1/users/batch',
      '/v1/opportunities',
      '/v1/track',
      '/v1/batch',
      '/v1/decisions',
      '/v1/keys',
    ]
    const hint = fc.record(
      {
        userId: fc.jsonValue(),
        id: fc.jsonValue(),
        decisionId: fc.jsonValue(),
        items: fc.jsonValue(),
        batch: fc.array(fc.jsonValue()),
        traits: fc.jsonValue(),
        window: fc.jsonValue(),
        context: fc.jsonValue(),
      },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...urls), fc.oneof(fc.jsonValue(), hint), async (url, body) => {
        const answer = await call('POST', url, JSON.stringify(body), { 'content-type': 'application/json' })
        expect(answer.statusCode).toBeLessThan(500)
      }),
      { seed: 7, numRuns: 400 },
    )
  })
})

describe('the console', () => {
  it('is served with its own routes and without leaving its directory', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'paloma-console-'))
    await writeFile(join(directory, 'index.html'), '<h1>Paloma</h1>')
    await writeFile(join(directory, 'app.js'), 'let a')
    const served = createHttp({ usecases: fake.usecases, config, consoleDir: directory })
    expect((await served.inject('/console')).headers.location).toBe('/console/')
    for (const path of ['', 'users/ann']) expect((await served.inject(`/console/${path}`)).body).toContain('Paloma')
    const script = await served.inject('/console/app.js')
    expect(script.body).toBe('let a')
    expect(script.headers['content-security-policy']).toContain("default-src 'self'")
    for (const path of ['none.js', '..%2f..%2fetc/x.conf']) {
      expect((await served.inject(`/console/${path}`)).statusCode).toBe(404)
    }
    await served.close()
    await rm(directory, { recursive: true })
  })
})

describe('the OpenAPI document', () => {
  it('is 3.1, has stable and unique operation ids, resolves every reference, and equals spec/openapi.json', async () => {
    const document = (await app.inject('/openapi.json')).json()
    expect(document.openapi).toBe('3.1.0')
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path as object))
    const ids = operations.map((operation) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).not.toContain(undefined)
    const known = new Set(document.tags.map((tag: { name: string }) => tag.name))
    for (const operation of operations) for (const tag of operation.tags) expect(known).toContain(tag)
    for (const [, name] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      expect(document.components.schemas).toHaveProperty([name!])
    }
    const written = await readFile(new URL('../../../../spec/openapi.json', import.meta.url), 'utf8')
    expect(JSON.parse(written)).toEqual(document)
  })
})

describe('jsonErrorPosition', () => {
  it.each([
    ['{"a": abc}', 6],
    ['{"a":1', 6],
    ['[1,]', 3],
    ['{"a":"x', 5],
    ['', 0],
    ['[1 2]', 3],
    ['{"a" 1}', 5],
    ['{"a":1}}', 7],
    ['[1}', 2],
    ['01', 1],
  ])('finds the fault of %j at %i', (text, position) => {
    expect(() => JSON.parse(text)).toThrow(SyntaxError)
    expect(jsonErrorPosition(text)).toBe(position)
  })

  it('runs to the end of whatever JSON.parse accepts', () => {
    fc.assert(
      fc.property(fc.json(), (text) => jsonErrorPosition(text) === text.length),
      { seed: 3 },
    )
  })
})

describe('malformation', () => {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
  it.each([
    [{ a: ['x', 'y\u0000'] }, '/a/1'],
    [{ 'b\ud800': 1 }, '/b\ud800'],
    [{ a: Number.POSITIVE_INFINITY }, '/a'],
    [JSON.parse('{"a":{"__proto__":1}}'), '/a/__proto__'],
    [nested(40), '/0'.repeat(32)],
  ])('finds what no store can keep in %j', (value, pointer) => {
    expect(malformation(value)?.pointer).toBe(pointer)
  })

  it('accepts emoji, deep enough nesting and all finite numbers', () => {
    expect(malformation({ a: '😀', b: nested(20), c: [1e308, -0, null, true] })).toBeUndefined()
  })
})

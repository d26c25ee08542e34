import { describe, expect, it } from 'vitest'
import { wireOpportunitySchema } from '../schemas/opportunity.ts'
import { problemSchema } from '../schemas/problem.ts'
import { wireUserDetailSchema, wireUserSchema } from '../schemas/user.ts'
import { httpHarness, opportunity } from '../testing/http-harness.ts'

const http = httpHarness()

describe('users', () => {
  it('creates, changes, lists and erases', async () => {
    const created = await http.call('POST', '/v1/users', {
      userId: 'ann',
      traits: { age: 30 },
      timeZone: 'Europe/Berlin',
    })
    expect(created.statusCode).toBe(201)
    expect(wireUserSchema.parse(created.json())).toMatchObject({ userId: 'ann', createdAt: '2026-01-15T12:00:00.000Z' })

    const changed = await http.call('PATCH', '/v1/users/ann', {
      traits: { age: null },
      consent: { channels: { email: 'denied' } },
    })
    expect(changed.statusCode).toBe(200)
    expect(changed.json()).toMatchObject({ traits: {}, consent: { channels: { email: 'denied' } } })
    expect((await http.call('PUT', '/v1/users/bob', {})).statusCode).toBe(201)

    const first = await http.call('GET', '/v1/users?limit=1')
    expect(first.json()).toMatchObject({ data: [{ userId: 'ann' }], nextCursor: 'ann' })
    expect((await http.call('GET', '/v1/users?limit=5&cursor=ann')).json()).toMatchObject({
      data: [{ userId: 'bob' }],
      nextCursor: null,
    })
    expect(wireUserDetailSchema.parse((await http.call('GET', '/v1/users/ann')).json()).group).toBe('paloma')
    expect((await http.call('DELETE', '/v1/users/ann')).json()).toEqual({ rows: 1 })
    expect((await http.call('GET', '/v1/users/ann')).json()).toMatchObject({ code: 'USER_NOT_FOUND', status: 404 })
  })

  it('refuses one item of a batch without its neighbours', async () => {
    const answer = await http.call('POST', '/v1/users/batch', {
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
    expect((await http.call('PUT', `/v1/users/${encodeURIComponent(id)}`, {})).json()).toMatchObject({ userId: id })
  })
})

describe('opportunities', () => {
  it('are idempotent by id, found and withdrawn', async () => {
    expect((await http.call('POST', '/v1/opportunities', opportunity)).json()).toEqual({ id: 'o1', status: 'created' })
    expect((await http.call('POST', '/v1/opportunities', opportunity)).json()).toEqual({
      id: 'o1',
      status: 'duplicate',
    })
    const conflict = await http.call('POST', '/v1/opportunities', { ...opportunity, message: 'other' })
    expect(conflict.json()).toMatchObject({ status: 409, code: 'OPPORTUNITY_CONFLICT', errors: [{ pointer: '/id' }] })

    const found = wireOpportunitySchema.parse((await http.call('GET', '/v1/opportunities/o1')).json())
    expect(found).toMatchObject({ status: 'open', category: 'marketing', variants: [{ name: 'default' }] })
    expect((await http.call('DELETE', '/v1/opportunities/o1')).json()).toEqual({ id: 'o1', status: 'withdrawn' })
    expect((await http.call('DELETE', '/v1/opportunities/o9')).statusCode).toBe(404)
  })

  it('come in lists', async () => {
    const items = [opportunity, { ...opportunity, id: 'o2', window: { expires: 5 } }, { ...opportunity, id: 'o3' }]
    const { results } = (await http.call('POST', '/v1/opportunities', { items })).json()
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
    const answer = await http.call('POST', '/v1/opportunities', { ...opportunity, ...change })
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
    const answer = await http.call('POST', `/v1/${type}`, body)
    expect(answer.json()).toMatchObject({ success: true, status: 'created', messageId: expect.any(String) })
  })

  it.each([
    ['track', { userId: 'ann' }, '/event'],
    ['track', { event: 'x' }, '/userId'],
    ['alias', { userId: 'ann' }, '/previousId'],
    ['group', { userId: 'ann' }, '/groupId'],
    ['track', { userId: 'ann', event: 'x', timestamp: 'yesterday' }, '/timestamp'],
  ])('refuses %s %j', async (type, body, pointer) => {
    const answer = await http.call('POST', `/v1/${type}`, body)
    expect(answer.json()).toMatchObject({ status: 400, errors: [{ pointer }] })
  })

  it('takes the write key from Basic, from the body, and text/plain from browsers', async () => {
    const event = { userId: 'ann', event: 'x' }
    const basic = { authorization: `Basic ${Buffer.from('pk_ingest:').toString('base64')}` }
    expect(
      (await http.app.inject({ method: 'POST', url: '/v1/track', headers: basic, payload: event })).statusCode,
    ).toBe(200)
    const inBody = await http.app.inject({
      method: 'POST',
      url: '/v1/batch',
      headers: { 'content-type': 'text/plain', origin: 'https://shop.example' },
      payload: JSON.stringify({ writeKey: 'pk_ingest', batch: [{ type: 'track', ...event }] }),
    })
    expect(inBody.json()).toMatchObject({ success: true })
    expect(inBody.headers['access-control-allow-origin']).toBe('*')
    const without = await http.app.inject({ method: 'POST', url: '/v1/track', payload: event })
    expect(without.json()).toMatchObject({ status: 401, code: 'KEY_MISSING' })
  })

  it('answers a batch item by item and names the size limit', async () => {
    const answer = await http.call('POST', '/v1/batch', {
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
    await http.call('POST', '/v1/users', { userId: 'ann' })
    const timeline = await http.call('GET', '/v1/users/ann/timeline')
    expect(timeline.json().data).toMatchObject([{ kind: 'outcome', at: '2026-01-15T11:59:00.000Z' }])
  })

  it('counts items and bytes', async () => {
    const item = { type: 'track', userId: 'ann', event: 'x' }
    const many = await http.call('POST', '/v1/batch', { batch: Array.from({ length: 6 }, () => item) })
    expect(many.json()).toMatchObject({ status: 400, code: 'TOO_MANY_ITEMS', detail: expect.stringContaining('is 5') })
    const large = await http.call('POST', '/v1/batch', { batch: [item], pad: 'x'.repeat(9_000) })
    expect(large.json()).toMatchObject({ status: 413, code: 'BODY_TOO_LARGE' })
  })
})

describe('retention', () => {
  it('says how long is kept, and of what is not there that it may be gone', async () => {
    const answer = await http.call('GET', '/v1/retention')
    expect(answer.json()).toMatchObject({
      storeDays: 90,
      keptSince: '2025-10-17T00:00:00.000Z',
      exportedSince: null,
      lastRun: { at: '2026-01-15T11:00:00.000Z', rows: 120, heldBy: [] },
      tables: [{ table: 'decisions', rows: 1_000, bytes: 2_000_000 }],
    })
    const gone = [
      ['GET', '/v1/decisions/old'],
      ['GET', '/v1/decisions/old/explain'],
      ['POST', '/v1/decisions/old/replay'],
      ['GET', '/v1/opportunities/old'],
      ['DELETE', '/v1/opportunities/old'],
    ] as const
    for (const [method, url] of gone) {
      const { status, detail } = (await http.call(method, url)).json()
      expect(status).toBe(404)
      expect(detail).toMatch(/there is no \w+ "old", or it was deleted for its age: .* since 2025-10-17 \(90 days\)$/)
    }
  })
})

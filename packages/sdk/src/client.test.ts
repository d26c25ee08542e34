import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defineConfig } from '../../server/src/config/define-config.ts'
import { createHttp } from '../../server/src/http/create-http.ts'
import { type FakeControls, fakeUsecases } from '../../server/src/http/testing/fake-usecases.ts'
import { PalomaApiError } from './api-error.ts'
import { type ClientOptions, createClient, type PalomaClient } from './client.ts'
import { serverSentEvents } from './server-sent-events.ts'

let fake: FakeControls
let app: ReturnType<typeof createHttp>
let url: string
let pauses: number[]

beforeEach(async () => {
  fake = fakeUsecases()
  app = createHttp({ usecases: fake.usecases, config: defineConfig({}) })
  url = await app.listen({ port: 0, host: '127.0.0.1' })
  pauses = []
})
afterEach(() => app.close())

function client(options: Partial<ClientOptions> = {}): PalomaClient {
  const wait = async (milliseconds: number): Promise<void> => void pauses.push(milliseconds)
  return createClient({ url, key: 'pk_admin', random: () => 0.5, wait, ...options })
}

/** Fails the first requests in the ways given, then lets them through. */
function flaky(failures: readonly (Error | Response)[]): { fetch: typeof fetch; bodies: string[] } {
  const bodies: string[] = []
  let count = 0
  return {
    bodies,
    fetch: async (input, init) => {
      bodies.push(String(init?.body))
      const failure = failures[count++]
      if (failure instanceof Error) throw failure
      return failure ?? fetch(input, init)
    },
  }
}

const opportunity = {
  id: 'o/1',
  producer: 'shop',
  userId: 'ann',
  message: 'price-drop',
  channels: ['in-app'],
  content: { 'in-app': { title: 'Hi' } },
  window: { expires: '2026-02-01T00:00:00Z' },
} as const

describe('the client', () => {
  it('leads an experiment from draft to stop', async () => {
    const { experiments } = client()
    const change = { weights: { reachability: 2 } }
    const draft = await experiments.create({
      key: 'gentle',
      variants: [{ name: 'control' }, { name: 'gentle', change }],
    })
    expect(draft).toMatchObject({ status: 'draft', faults: [], design: { control: 'control' } })
    expect(await experiments.plan('gentle', { days: 7 })).toMatchObject({
      plan: null,
      basis: { from: 'live', days: 7 },
    })
    expect(await experiments.start('gentle')).toMatchObject({ status: 'running' })
    expect((await experiments.ramp('gentle', { traffic: 500_000 })).phases).toHaveLength(2)
    expect(await experiments.exposures('gentle')).toMatchObject({ users: 0 })
    expect(await experiments.stop('gentle', { decision: 'ship' })).toMatchObject({ end: { decision: 'ship' } })
    expect((await experiments.get('gentle')).changes.map(({ action }) => action)).toContain('stop')
    expect((await experiments.list()).data.map(({ design }) => design.key)).toEqual(['gentle'])
    await expect(experiments.results('nothing')).rejects.toMatchObject({ code: 'EXPERIMENT_NOT_FOUND' })
  })

  it('goes the whole way from a user to an explained decision', async () => {
    const paloma = client()
    expect(await paloma.users.save({ userId: 'ann', traits: { age: 30 } })).toMatchObject({ userId: 'ann' })
    expect(await paloma.opportunities.propose(opportunity)).toEqual({ id: 'o/1', status: 'created' })
    expect(await paloma.opportunities.proposeMany([{ ...opportunity, id: 'o2' }])).toMatchObject({
      results: [{ ok: true, value: { id: 'o2' } }],
    })
    const decision = await paloma.decide({ userId: 'ann', decisionId: 'd1', context: { screen: 'home' } })
    expect(decision).toMatchObject({ decisionId: 'd1', action: { kind: 'send', channel: 'in-app' }, propensity: 0.5 })
    expect(await paloma.decide({ userId: 'ann', decisionId: 'd1', context: { screen: 'home' } })).toEqual(decision)
    expect(await paloma.decisions.get('d1')).toMatchObject({ inputs: { context: { screen: 'home' } } })
    expect(await paloma.decisions.explain('d1')).toMatchObject({ summary: ['chosen by the fake'] })
    expect(await paloma.decisions.replay('d1')).toMatchObject({ identical: true })
    expect((await paloma.decisions.list({ limit: 1 })).data).toHaveLength(1)
    expect((await paloma.decideBatch([{ userId: 'ann' }, { userId: 'nobody' }])).results).toMatchObject([
      { ok: true },
      { ok: false, error: { code: 'USER_NOT_FOUND' } },
    ])
    expect(await paloma.opportunities.get('o/1')).toMatchObject({ status: 'taken' })
    expect((await paloma.users.timeline('ann', { limit: 100 })).data.map(({ kind }) => kind)).toContain('decision')
    expect(await paloma.groups.compare('2026-01-01', '2026-02-01')).toMatchObject({ level: 0.95 })
    expect(await paloma.retention.status()).toMatchObject({ storeDays: 90, keptSince: '2025-10-17T00:00:00.000Z' })
    const matched = await paloma.groups.compare('2026-01-01', '2026-02-01', { matchedBy: 'household' })
    expect(matched.matchedSets).toEqual({ 'paloma-holdout': 1 })
    expect(await paloma.policies.artifact('market A')).toMatchObject({ format: 'paloma-policy-artifact' })
    expect(await paloma.users.get('ann')).toMatchObject({ group: 'paloma' })
    expect(await paloma.users.saveMany([{ userId: 'bob' }])).toMatchObject({ results: [{ ok: true }] })
    expect((await paloma.users.list({ limit: 1 })).nextCursor).toBe('ann')
    expect(await paloma.users.erase('bob')).toEqual({ rows: 1 })
  })

  it('throws the problem with its fields', async () => {
    const error = await client()
      .users.save({ userId: 'ann', timeZone: 'Mars' })
      .catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(PalomaApiError)
    expect(error).toMatchObject({ status: 400, code: 'BODY_INVALID', errors: [{ pointer: '/timeZone' }] })
    await expect(client({ key: 'wrong' }).users.get('ann')).rejects.toMatchObject({ status: 401, code: 'KEY_INVALID' })
    expect(pauses).toEqual([])
  })

  it('repeats the same decision after network errors, 503 and 429, and heeds Retry-After', async () => {
    await client().users.save({ userId: 'ann' })
    const { fetch, bodies } = flaky([
      new TypeError('fetch failed'),
      new Response(null, { status: 503 }),
      new Response(null, { status: 429, headers: { 'retry-after': '2' } }),
    ])
    expect(await client({ fetch }).decide({ userId: 'ann' })).toMatchObject({ action: { kind: 'hold' } })
    expect(new Set(bodies).size).toBe(1)
    expect(pauses).toEqual([150, 300, 2_250])
  })

  it.each([
    ['<html>Bad Gateway</html>', '<html>Bad Gateway</html>'],
    ['null', 'null'],
    ['', ''],
  ])('tells of a proxy that answers %j and calls it JSON', async (body, detail) => {
    const { fetch } = flaky([new Response(body, { status: 502, headers: { 'content-type': 'application/json' } })])
    await expect(client({ fetch }).users.get('ann')).rejects.toMatchObject({ status: 502, code: 'HTTP_ERROR', detail })
  })

  it('gives up after the retries it was given', async () => {
    const { fetch, bodies } = flaky([new TypeError('1'), new TypeError('2'), new TypeError('3')])
    await expect(client({ fetch, retries: 1 }).users.get('ann')).rejects.toThrow('2')
    expect(bodies).toHaveLength(2)
    const busy = flaky([new Response('{"code":"SERVER_BUSY"}', { status: 503, headers: { 'content-type': 'a/json' } })])
    await expect(client({ fetch: busy.fetch, retries: 0 }).users.get('ann')).rejects.toMatchObject({
      code: 'SERVER_BUSY',
    })
  })
})

describe('the event queue', () => {
  it('sends events in batches and tells of refused ones', async () => {
    const refused: unknown[] = []
    const { fetch, bodies } = flaky([])
    const paloma = client({ fetch, batchSize: 2, flushMs: 60_000, onError: (error) => refused.push(error) })
    for (const event of ['a', 'b', '', 'c', 'd']) paloma.track({ userId: 'ann', event })
    paloma.identify({ userId: 'ann', traits: { age: 1 } })
    paloma.page({ userId: 'ann', name: 'Home' })
    await paloma.flush()
    expect(bodies.map((body) => JSON.parse(body).batch.length)).toEqual([2, 2, 2, 1])
    expect(refused).toMatchObject([{ code: 'ITEM_INVALID', pointer: '/event' }])
    await paloma.users.save({ userId: 'ann' })
    expect((await paloma.users.timeline('ann', { limit: 200 })).data).toHaveLength(6)
  })

  it('keeps events whose request failed, and sends each once', async () => {
    const { fetch } = flaky([new TypeError('down')])
    const paloma = client({ fetch, retries: 0, flushMs: 60_000 })
    paloma.track({ userId: 'ann', event: 'a' })
    await expect(paloma.flush()).rejects.toThrow('down')
    await paloma.flush()
    await paloma.users.save({ userId: 'ann' })
    expect((await paloma.users.timeline('ann')).data).toHaveLength(1)
  })

  it('flushes by itself after a while', async () => {
    const paloma = client({ flushMs: 5 })
    await paloma.users.save({ userId: 'ann' })
    paloma.track({ userId: 'ann', event: 'a' })
    await expect.poll(async () => (await paloma.users.timeline('ann')).data.length).toBe(1)
  })
})

describe('the inbox', () => {
  it('lists and marks with the token of the user', async () => {
    fake.deliver('ann', 's1')
    const { token } = await client().inbox.createToken('ann')
    const browser = client({ key: token })
    expect(await browser.inbox.list('ann')).toMatchObject({ items: [{ sendId: 's1' }], unseen: 1 })
    expect(await browser.inbox.mark('ann', 's1', 'read')).toMatchObject({ status: 'read' })
    expect((await browser.inbox.list('ann', { limit: 1, withArchived: true })).unseen).toBe(0)
  })

  it('streams, survives a lost connection without losing or repeating an item, and ends on abort', async () => {
    fake.deliver('ann', 's1')
    const controller = new AbortController()
    const paloma = client({ wait: () => new Promise((resolve) => setTimeout(resolve, 5)) })
    const items = paloma.inbox.stream('ann', { signal: controller.signal, lastEventId: 's0' })
    const next = async (): Promise<string | undefined> => (await items.next()).value?.sendId
    expect(await next()).toBe('s1')
    fake.deliver('ann', 's2')
    expect(await next()).toBe('s2')

    const port = Number(new URL(url).port)
    await app.close()
    fake.deliver('ann', 's3')
    app = createHttp({ usecases: fake.usecases, config: defineConfig({}) })
    await app.listen({ port, host: '127.0.0.1' })
    expect(await next()).toBe('s3')
    fake.deliver('ann', 's4')
    expect(await next()).toBe('s4')
    const last = items.next()
    controller.abort()
    expect(await last).toEqual({ value: undefined, done: true })
    await expect.poll(() => fake.listeners('ann')).toBe(0)
  })

  it('connects again when nothing comes any more, not even a sign of life', async () => {
    let cut = 0
    const silent = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('retry: 2000\n\n')),
      cancel() {
        cut += 1
      },
    })
    const { fetch } = flaky([new Response(silent)])
    fake.deliver('ann', 's1')
    const controller = new AbortController()
    const { signal } = controller
    const items = client({ fetch }).inbox.stream('ann', { signal, lastEventId: 's0', silenceMs: 300 })
    expect((await items.next()).value).toMatchObject({ sendId: 's1' })
    expect(cut).toBe(1)
    controller.abort()
  })

  it('throws when the server refuses the stream', async () => {
    await expect(client({ key: 'wrong' }).inbox.stream('ann').next()).rejects.toMatchObject({ status: 401 })
  })
})

describe('serverSentEvents', () => {
  it('reads events whatever the chunks, with several data lines and comments', async () => {
    const text = ': hi\n\nid: 1\r\nevent: a\r\ndata: x\r\ndata: y\r\n\r\nretry: 5\n\ndata:z\n\n'
    const bytes = new TextEncoder().encode(text)
    for (const size of [1, 3, 1_000]) {
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size))
          controller.close()
        },
      })
      const events = []
      for await (const event of serverSentEvents(body)) events.push(event)
      expect(events).toEqual([
        { id: '1', event: 'a', data: 'x\ny' },
        { id: undefined, event: 'message', data: 'z' },
      ])
    }
  })
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type App, createApp } from '../app.ts'
import { defineConfig } from '../config/define-config.ts'
import { runtimeFrom } from '../config/runtime.ts'
import { SCOPES } from '../usecases/contract.ts'
import { opportunitySchema } from './schemas/opportunity.ts'

/** A real server on a real store, listening. */
interface Lab {
  readonly app: App
  readonly url: string
  readonly dir: string
  readonly admin: string
  readonly ingest: string
  readonly revoked: string
}

let lab: Lab

beforeAll(async () => {
  const dir = mkdtempSync(join(tmpdir(), 'paloma-bad-input-'))
  const config = defineConfig({ limits: { batchItems: 10, bodyBytes: 100_000, eventBytes: 4_096 } })
  const app = await createApp(config, runtimeFrom({ PALOMA_DATA_DIR: dir }))
  const url = await app.http.listen({ host: '127.0.0.1', port: 0 })
  const { keys } = app.usecases
  const revoked = await keys.create('gone', SCOPES)
  await keys.revoke(revoked.key.id)
  const admin = (await keys.create('admin', SCOPES)).secret
  const ingest = (await keys.create('ingest', ['ingest'])).secret
  lab = { app, url, dir, admin, ingest, revoked: revoked.secret }
  await ask('POST', '/v1/users', { userId: 'ann', addresses: { email: 'ann@example.org' } })
})
afterAll(async () => {
  await lab.app.close()
  rmSync(lab.dir, { recursive: true, force: true })
})

/** A text or bytes go out as they are, anything else as JSON; a header of null is left out. */
async function ask(
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string | null>> = {},
): Promise<{ readonly status: number; readonly type: string; readonly answer: any }> {
  const isRaw = body === undefined || typeof body === 'string' || body instanceof Uint8Array
  const all = { authorization: `Bearer ${lab.admin}`, 'content-type': 'application/json', ...headers }
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null)
  const response = await fetch(`${lab.url}${path}`, {
    method,
    headers: Object.fromEntries(body === undefined ? given.filter(([name]) => name !== 'content-type') : given),
    ...(body === undefined ? {} : { body: (isRaw ? body : JSON.stringify(body)) as string }),
  })
  const text = await response.text()
  const type = response.headers.get('content-type') ?? ''
  return { status: response.status, type, answer: type.includes('json') ? JSON.parse(text) : text }
}

let count = 0
const proposal = (over: object = {}) => ({
  id: `o${++count}`,
  producer: 'shop',
  userId: 'ann',
  message: 'price-drop',
  topic: 'offers',
  channels: ['email'],
  content: { email: { subject: 'Hi', html: '<p>Hi</p>' } },
  window: { expires: new Date(Date.now() + 86_400_000).toISOString() },
  ...over,
})
const event = (over: object = {}) => ({
  type: 'track',
  event: 'Page Viewed',
  userId: 'ann',
  messageId: `m${++count}`,
  ...over,
})

/** A problem names its code and status everywhere in the same shape; nothing of the inside shows. */
function expectProblem(got: Awaited<ReturnType<typeof ask>>, status: number): void {
  expect(got.status, JSON.stringify(got.answer)).toBe(status)
  expect(got.type).toMatch(/^application\/problem\+json/)
  expect(got.answer).toMatchObject({ status, code: expect.any(String), requestId: expect.any(String) })
  expect(JSON.stringify(got.answer)).not.toMatch(/ at .*\.(ts|js):\d|node_modules/)
}

describe('a body that cannot be read', () => {
  it.each([
    ['{"userId": ', 400, 'unexpected end at position 11'],
    ['{"userId":"x",}', 400, 'position 14'],
    ['{"userId":NaN}', 400, 'unexpected "N" at position 10'],
    ['{"userId":"a\u0000"}', 400, 'position 10'],
    ['[', 400, 'unexpected end at position 1'],
    ['['.repeat(90_000), 400, 'unexpected end'],
    [`${'['.repeat(45_000)}${']'.repeat(45_000)}`, 400, 'nested deeper than 32 levels'],
    [`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, 400, 'nested deeper than 32 levels'],
    ['', 400, 'expected object'],
    ['null', 400, 'expected object, got null'],
    ['[]', 400, 'expected object, got []'],
    ['"text"', 400, 'expected object, got "text"'],
    [`{"userId":"${'x'.repeat(1_000_000)}"}`, 413, 'larger than 100000 bytes (limits.bodyBytes)'],
  ])('is refused: %.20s', async (body, status, detail) => {
    const got = await ask('POST', '/v1/users', body)
    expectProblem(got, status)
    expect(got.answer.detail).toContain(detail)
  })

  it.each([
    ['text/html', 'content-type must be application/json, got "text/html"'],
    ['nonsense', 'content-type must be application/json, got "nonsense"'],
    [null, 'content-type must be application/json'],
  ])('is refused as %s', async (type, detail) => {
    const got = await ask('POST', '/v1/users', new TextEncoder().encode('{"userId":"x"}'), { 'content-type': type })
    expectProblem(got, 415)
    expect(got.answer.detail).toContain(detail)
  })

  it('is refused when it is compressed', async () => {
    const got = await ask('POST', '/v1/users', '{"userId":"x"}', { 'content-encoding': 'gzip' })
    expectProblem(got, 415)
    expect(got.answer.detail).toContain('content-encoding must be identity, got "gzip"')
  })
})

describe('a value that does not fit', () => {
  const users: readonly (readonly [unknown, string, string])[] = [
    [{ userId: 5 }, '/userId', 'expected string, got 5'],
    [{ userId: '' }, '/userId', 'expected string to have >=1 characters, got ""'],
    [{ userId: 'x'.repeat(257) }, '/userId', 'expected string to have <=256 characters, got "xxx'],
    [{ userId: 'x', age: 3 }, '/age', 'is not a known field'],
    [{ userId: 'x', timeZone: 'Mars/Base' }, '/timeZone', 'IANA time zone such as "Europe/Berlin", got "Mars/Base"'],
    [{ userId: 'x', locale: '!!' }, '/locale', 'language tag such as "de-AT", got "!!"'],
    [{ userId: 'x', addresses: { email: 'nobody' } }, '/addresses/email', 'an e-mail address, got "nobody"'],
    [{ userId: 'x', addresses: { fax: '1' } }, '/addresses/fax', 'is not a known field'],
    [{ userId: 'x', consent: { channels: { email: 'maybe' } } }, '/consent/channels/email', 'got "maybe"'],
    [{ userId: 'x', consent: { channels: { fax: 'granted' } } }, '/consent/channels/fax', 'is not a known field'],
    [
      { userId: 'x', consent: { channelTopics: { nope: 'denied' } } },
      '/consent/channelTopics/nope',
      '"channel:topic", got "nope"',
    ],
    [{ userId: 'x', saidAt: '2026-03-01T10:00:00' }, '/saidAt', 'expected ISO 8601 with a zone'],
    [{ userId: 'x', consent: { saidAt: 'yesterday' } }, '/consent/saidAt', 'got "yesterday"'],
    [{ userId: 'x', traits: { a: { b: 1 } } }, '/traits/a', 'expected a text, a number, true or false, got {"b":1}'],
    [{ userId: 'x', traits: { a: 'y'.repeat(9_000) } }, '/traits/a', '<=8192 characters, got "yyy'],
    ['{"userId":"x","traits":{"a":1e400}}', '/traits/a', 'is beyond float64'],
    ['{"userId":"a\\u0000b"}', '/userId', 'contains a NUL character'],
    ['{"userId":"x","traits":{"a\\u0000":1}}', '/traits/a\u0000', 'contains a NUL character'],
    ['{"userId":"\\ud800"}', '/userId', 'contains half a surrogate pair'],
    ['{"userId":"x","__proto__":{"isAdmin":true}}', '/__proto__', 'is a forbidden member name'],
    ['{"userId":"x","traits":{"__proto__":1}}', '/traits/__proto__', 'is a forbidden member name'],
  ]
  it.each(users)('of a user is named: %j', async (body, pointer, detail) => {
    const got = await ask('POST', '/v1/users', body)
    expectProblem(got, 400)
    expect(got.answer.errors[0].pointer).toBe(pointer)
    expect(got.answer.detail.length).toBeLessThan(400)
    expect(got.answer.errors.map((each: { detail: string }) => each.detail).join('; ')).toContain(detail)
  })

  const MOMENT = 'expected ISO 8601 with a zone, or epoch milliseconds, from 2000 to 2100'
  const opportunities: readonly (readonly [object, string, string])[] = [
    [{ window: { expires: '0001-01-01T00:00:00Z' } }, '/window/expires', `${MOMENT}, got "0001-01-01T00:00:00Z"`],
    [{ window: { expires: '9999-12-31T00:00:00Z' } }, '/window/expires', `${MOMENT}, got "9999-`],
    [{ window: { expires: 'tomorrow' } }, '/window/expires', `${MOMENT}, got "tomorrow"`],
    [{ window: { expires: '2026-02-30' } }, '/window/expires', `${MOMENT}, got "2026-02-30"`],
    [{ window: { expires: '2090-01-01T00:00:00' } }, '/window/expires', MOMENT],
    [{ window: { expires: 1e300 } }, '/window/expires', `${MOMENT}, got 1e+300`],
    [{ window: { expires: null } }, '/window/expires', MOMENT],
    [
      { window: { notBefore: '2091-01-01', expires: '2090-01-01' } },
      '/window/expires',
      'after window.notBefore (2091-01-01T00:00:00.000Z), got 2090-01-01T00:00:00.000Z',
    ],
    [{ window: { expires: '2020-01-01' } }, '/window/expires', 'got 2020-01-01T00:00:00.000Z'],
    [{ channels: ['fax'] }, '/channels/0', 'got "fax"'],
    [{ channels: [] }, '/channels', 'got []'],
    [{ claims: [{ objective: 'conversion', estimate: 'NaN' }] }, '/claims/0/estimate', 'expected number, got "NaN"'],
    [{ category: 'spam' }, '/category', 'got "spam"'],
    [{ id: '' }, '/id', '>=1 characters'],
  ]
  it.each(opportunities)('of an opportunity is named: %j', async (over, pointer, detail) => {
    const got = await ask('POST', '/v1/opportunities', proposal(over))
    expectProblem(got, 400)
    expect(got.answer.errors[0]).toEqual({ pointer, detail: expect.stringContaining(detail) })
  })

  const decisions: readonly (readonly [object, number, string])[] = [
    [{ decisionId: 'q1' }, 400, '/userId'],
    [{ userId: 'ann' }, 400, '/decisionId'],
    [{ userId: 'nobody', decisionId: 'q2' }, 404, '/userId'],
    [{ userId: 'ann', decisionId: '' }, 400, '/decisionId'],
    [{ userId: 'ann', decisionId: 'q3', context: { a: {} } }, 400, '/context/a'],
    [{ userId: 'ann', decisionId: 'q4', deliver: 'yes' }, 400, '/deliver'],
    [{ userId: 'ann', decisionId: 'q5', at: '2090-01-01' }, 409, '/at'],
  ]
  it.each(decisions)('of a request for a decision is named: %j', async (body, status, pointer) => {
    const got = await ask('POST', '/v1/decisions', body)
    expectProblem(got, status)
    expect(got.answer.errors[0].pointer).toBe(pointer)
  })

  it.each([
    ['/v1/users/%00', 400],
    ['/v1/users/%ZZ', 400],
    ['/v1/users/%ff', 400],
    [`/v1/users/${'x'.repeat(300)}`, 400],
    [`/v1/users/${'x'.repeat(9_000)}`, 414],
    ['/v1/users?limit=0', 400],
    ['/v1/users?limit=abc', 400],
    ['/v1/users?cursor=%00', 400],
    ['/v1/users?colour=red', 400],
    ['/v1/users/nobody', 404],
    ['/v1/users/__proto__', 404],
    ['/v1/users/ann/timeline?cursor=soon', 400],
    ['/v1/groups/compare?from=2026-02-01&until=2026-01-01', 400],
    ['/v1/decisions/nope/explain', 404],
    ['/v1/nothing', 404],
  ])('of an address is refused: %.40s', async (path, status) => {
    expectProblem(await ask('GET', path), status)
  })

  const events: readonly (readonly [object, string, string])[] = [
    [{ type: 'nonsense' }, '/type', 'got "nonsense"'],
    [{ userId: null }, '/userId', 'expected a userId or an anonymousId'],
    [{ event: '' }, '/event', 'expected the name of the event'],
    [{ timestamp: '0001-01-01T00:00:00Z' }, '/timestamp', MOMENT],
    [{ timestamp: 'never' }, '/timestamp', 'got "never"'],
    [{ properties: 'x' }, '/properties', 'got "x"'],
    [{ properties: { a: 'x'.repeat(5_000) } }, '', 'the limit (limits.eventBytes) is 4096'],
    [{ event: 'a\u0000b' }, '/event', 'contains a NUL character'],
    [{ event: 'Order Completed', properties: { revenue: 'NaN' } }, '/properties/revenue', 'got "NaN"'],
    [{ event: 'Order Completed', properties: { revenue: 1e300 } }, '/properties/revenue', 'got 1e+300'],
    [{ type: 'identify', traits: { email: 'no address' } }, '/traits/email', 'an e-mail address, got "no address"'],
  ]
  it.each(events)('of an event is named, and its neighbours go through: %j', async (over, pointer, detail) => {
    const { status, answer } = await ask('POST', '/v1/batch', { batch: [event(), event(over), event()] })
    expect(status).toBe(200)
    expect(answer.success).toBe(false)
    expect(answer.results.map((each: { ok: boolean }) => each.ok)).toEqual([true, false, true])
    expect(answer.results[1].error).toMatchObject({ pointer, detail: expect.stringContaining(detail) })
  })
})

describe('an event that names a decision which is not there', () => {
  it('is taken, alone and among others, and its sender is told', async () => {
    const stray = { event: 'Order Completed', properties: { revenue: 5, decisionId: 'never-made' } }
    const warnings = [
      {
        code: 'DECISION_UNKNOWN',
        detail: expect.stringContaining('no decision never-made is stored'),
        pointer: '/properties/decisionId',
      },
    ]
    const { type: _, ...alone } = event(stray) as Record<string, unknown>
    const single = await ask('POST', '/v1/track', alone)
    expect(single).toMatchObject({ status: 200, answer: { success: true, status: 'created', warnings } })
    const { answer } = await ask('POST', '/v1/batch', { batch: [event(), event(stray)] })
    expect(answer).toMatchObject({ success: true, results: [{ ok: true }, { ok: true, status: 'created', warnings }] })
    expect(answer.results[0].warnings).toBeUndefined()
  })
})

describe('a list', () => {
  it.each([
    [[], 'must be a list of 1 to 10 items, got []'],
    ['text', 'must be a list of 1 to 10 items, got "text"'],
    [null, 'must be a list of 1 to 10 items, got null'],
    [Array.from({ length: 11 }, () => 1), 'has 11 items, the limit (limits.batchItems) is 10'],
  ])('that is none, empty or too long is refused whole: %j', async (items, detail) => {
    for (const path of ['/v1/users/batch', '/v1/opportunities', '/v1/decisions/batch']) {
      const got = await ask('POST', path, { items })
      expectProblem(got, 400)
      expect(got.answer.detail).toContain(detail)
    }
    expectProblem(await ask('POST', '/v1/batch', { batch: items }), 400)
  })

  it('keeps the good opportunities beside every kind of bad one', async () => {
    const bad = [5, null, [], proposal({ id: 'a\u0000' }), proposal({ window: { expires: '2020-01-01' } }), {}]
    const { status, answer } = await ask('POST', '/v1/opportunities', { items: [proposal(), ...bad, proposal()] })
    expect(status).toBe(200)
    expect(answer.results.map((each: { ok: boolean }) => each.ok)).toEqual([true, ...bad.map(() => false), true])
  })

  it('keeps the good decisions beside unknown users', async () => {
    const items = ['ann', 'nobody', 'ann'].map((userId) => ({ userId, decisionId: `d${++count}` }))
    const { answer } = await ask('POST', '/v1/decisions/batch', { items: [...items, 7] })
    expect(answer.results.map((each: { ok: boolean }) => each.ok)).toEqual([true, false, true, false])
  })
})

describe('what only looks bad', () => {
  it.each([
    'a/b?c#d%25 é😀',
    '../../etc/passwd',
    'constructor',
    '__proto__',
    'toString',
    "'; drop table users; --",
    '%00',
  ])('goes through as an id: %s', async (userId) => {
    const saved = await ask('POST', '/v1/users', { userId, traits: { constructor: 1, hasOwnProperty: 'x' } })
    expect(saved.status).toBe(201)
    const found = await ask('GET', `/v1/users/${encodeURIComponent(userId)}`)
    expect(found.answer).toMatchObject({ userId, traits: { constructor: 1, hasOwnProperty: 'x' } })
    const decided = await ask('POST', '/v1/decisions', { userId, decisionId: `${userId}-decision` })
    expect(decided.status).toBe(200)
  })

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'is no response of a channel because it is called %s',
    async (name) => {
      await ask('POST', '/v1/batch', { batch: [event({ userId: `fan-of-${name}`, event: name })] })
      const { answer } = await ask('GET', `/v1/users/fan-of-${name}/timeline`)
      expect(answer.data[0].outcome).toMatchObject({ name, channel: null, isResponse: false, reachLoss: null })
    },
  )

  it('is decided as well where message, topic and features are called like members of every object', async () => {
    const odd = { message: 'toString', topic: '__proto__', groupKey: 'constructor', features: { valueOf: 1 } }
    await ask('POST', '/v1/users', { userId: 'odd', addresses: { email: 'odd@example.org' } })
    expect((await ask('POST', '/v1/opportunities', proposal({ ...odd, userId: 'odd' }))).status).toBe(201)
    const decided = await ask('POST', '/v1/decisions', { userId: 'odd', decisionId: 'odd', context: { toString: 'x' } })
    expect(decided.status).toBe(200)
    expect((await ask('GET', '/v1/decisions/odd/explain')).status).toBe(200)
    expect((await ask('POST', '/v1/decisions/odd/replay')).answer).toMatchObject({ identical: true })
  })

  it('does not spoil a user whose device tells an impossible time zone or language', async () => {
    const context = { timezone: 'Mars/Base', locale: '!!' }
    await ask('POST', '/v1/batch', { batch: [event({ type: 'identify', userId: 'rover', context })] })
    const { answer } = await ask('GET', '/v1/users/rover')
    expect(answer).not.toHaveProperty('timeZone')
    expect(answer).not.toHaveProperty('locale')
    expect((await ask('POST', '/v1/decisions', { userId: 'rover', decisionId: 'rover' })).status).toBe(200)
  })

  it('is still a repetition when an accepted opportunity comes again after its end', async () => {
    const late = proposal({ window: { notBefore: '2020-01-01T00:00:00Z', expires: '2020-01-02T00:00:00Z' } })
    const window = { notBefore: Date.UTC(2020, 0, 1), expires: Date.UTC(2020, 0, 2) }
    await lab.app.store.opportunities.insertMany([opportunitySchema.parse({ ...late, window })], window.notBefore)
    expect((await ask('POST', '/v1/opportunities', late)).answer).toMatchObject({ status: 'duplicate' })
  })
})

describe('a key', () => {
  it.each([
    [{ authorization: null }, 401, 'KEY_MISSING'],
    [{ authorization: 'Bearer' }, 401, 'KEY_MISSING'],
    [{ authorization: 'Digest x' }, 401, 'KEY_MISSING'],
    [{ authorization: 'Bearer wrong' }, 401, 'KEY_INVALID'],
    [{ authorization: 'Basic !!!' }, 401, 'KEY_MISSING'],
    [{ authorization: null, 'x-api-key': 'x'.repeat(5_000) }, 401, 'KEY_INVALID'],
  ])('that is missing or wrong is refused: %.60j', async (headers, status, code) => {
    const got = await ask('GET', '/v1/users', undefined, headers)
    expectProblem(got, status)
    expect(got.answer.code).toBe(code)
  })

  it('that was revoked is refused', async () => {
    const got = await ask('GET', '/v1/users', undefined, { authorization: `Bearer ${lab.revoked}` })
    expectProblem(got, 401)
    expect(got.answer.detail).toContain('unknown or revoked')
  })

  it('without the scope is refused, and told which one it lacks', async () => {
    const got = await ask('GET', '/v1/users', undefined, { authorization: `Bearer ${lab.ingest}` })
    expectProblem(got, 403)
    expect(got.answer.detail).toBe('the API key "ingest" lacks the scope "read"')
  })
})

describe('after all of it', () => {
  it('the server is well and no prototype was polluted', async () => {
    expect((await ask('GET', '/healthz')).answer).toEqual({ status: 'ok' })
    expect((await ask('POST', '/v1/decisions', { userId: 'ann', decisionId: 'last' })).status).toBe(200)
    expect(Reflect.get({}, 'isAdmin')).toBeUndefined()
  })
})

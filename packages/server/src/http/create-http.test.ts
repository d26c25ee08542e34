import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PalomaError } from '@paloma/core/domain'
import fc from 'fast-check'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { createHttp } from './create-http.ts'
import { problemSchema } from './schemas/problem.ts'
import { httpHarness, saveAnn, testConfig } from './testing/http-harness.ts'

const http = httpHarness()

describe('health and metrics', () => {
  it('tells that it lives and is ready', async () => {
    expect((await http.app.inject('/healthz')).json()).toEqual({ status: 'ok' })
    expect((await http.app.inject('/readyz')).json()).toEqual({
      ready: true,
      checks: { store: { ok: true, detail: 'in memory' } },
    })
    const remote = await http.app.inject({ url: '/readyz', remoteAddress: '10.0.0.9' })
    expect(remote.json()).toEqual({ ready: true, checks: { store: { ok: true } } })
  })

  it('shows metrics to local callers and keys', async () => {
    await http.call('POST', '/v1/users', { userId: 'ann' })
    const answer = await http.app.inject('/metrics')
    expect(answer.body).toContain('paloma_users_in_memory 1')
    expect(answer.body).toMatch(/paloma_http_request_duration_seconds_count\{.*route="\/v1\/users".*\} 1/)
    expect((await http.app.inject({ url: '/metrics', remoteAddress: '10.0.0.9' })).statusCode).toBe(401)
    expect((await http.app.inject({ url: '/metrics', headers: { 'x-forwarded-for': '1.2.3.4' } })).statusCode).toBe(401)
    expect((await http.call('GET', '/metrics', undefined, { 'x-forwarded-for': '1.2.3.4' })).statusCode).toBe(200)
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
    const answer = await http.call(method, url)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(problemSchema.parse(answer.json())).toMatchObject({ status, code, requestId: expect.any(String) })
  })

  it('name the methods a path has', async () => {
    expect((await http.call('PATCH', '/v1/users')).headers.allow).toBe('GET, POST')
  })

  it('name the place where JSON breaks', async () => {
    const headers = { 'content-type': 'application/json' }
    const answer = await http.call('POST', '/v1/users', '{"userId": ann}', headers)
    expect(answer.json()).toMatchObject({
      status: 400,
      code: 'JSON_MALFORMED',
      detail: expect.stringContaining('position 11'),
    })
    const xml = await http.call('POST', '/v1/users', '<a/>', { 'content-type': 'text/xml' })
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
    http.fake.failNext(error)
    const answer = await http.call('GET', '/v1/users')
    expect(answer.json()).toMatchObject({ status, code })
    expect(answer.body).not.toContain('secret')
    expect(answer.headers['retry-after']).toBe(status === 503 ? '1' : undefined)
  })

  it('note what is to come back by its kind, and log only what is the fault of the server', async () => {
    const noted: string[] = []
    const logged: string[] = []
    const logger = pino({ base: null }, { write: (line: string) => logged.push(line) })
    const notes = { failed: (subject: string, reason: string) => noted.push(`${subject}: ${reason}`) }
    const app = createHttp({ usecases: http.fake.usecases, config: testConfig, logger, notes })
    const headers = { authorization: 'Bearer pk_admin' }
    for (const error of [new PalomaError('STORE_FULL', 'no room'), new Error('a bug')]) {
      http.fake.failNext(error)
      await app.inject({ url: '/v1/users', headers })
    }
    expect(noted).toEqual(['requests answered 503 STORE_FULL: no room'])
    expect(logged.map((line) => JSON.parse(line).err.message)).toEqual(['a bug'])
    await app.close()
  })

  it('do not take a client that goes away within its body for a failing store', async () => {
    const noted: string[] = []
    const notes = { failed: (subject: string) => noted.push(subject) }
    const app = createHttp({ usecases: http.fake.usecases, config: testConfig, notes })
    const answered = new Promise<number>((resolve) => {
      app.addHook('onSend', async (_request, reply) => resolve(reply.statusCode))
    })
    await app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = app.server.address() as AddressInfo
    const client = connect(port, '127.0.0.1', () => {
      const head =
        'POST /v1/users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer pk_admin\r\nContent-Type: application/json'
      client.write(`${head}\r\nContent-Length: 50\r\n\r\n{"userId"`, () => client.destroy())
    })
    await expect(answered).resolves.toBe(400)
    expect(noted).toEqual([])
    await app.close()
  })

  it('ask to come back when too much is in flight', async () => {
    const small = createHttp({ usecases: http.fake.usecases, config: testConfig, maxInFlight: 0 })
    const answer = await small.inject('/v1/users')
    expect(answer.json()).toMatchObject({ status: 503, code: 'SERVER_BUSY' })
    expect(answer.headers['retry-after']).toBe('1')
    await small.close()
  })

  it('are what any JSON at worst gets: never 500', async () => {
    await saveAnn(http)
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
        const answer = await http.call('POST', url, JSON.stringify(body), { 'content-type': 'application/json' })
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
    const served = createHttp({ usecases: http.fake.usecases, config: testConfig, consoleDir: directory })
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
    const document = (await http.app.inject('/openapi.json')).json()
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

import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { defineConfig } from '../config/define-config.ts'
import { createHttp } from './create-http.ts'
import { problemSchema } from './schemas/problem.ts'
import { fakeUsecases } from './testing/fake-usecases.ts'

const PER_MINUTE = 3

describe('a limit of requests per minute', () => {
  let app: FastifyInstance
  afterEach(() => app.close())
  const start = (requestsPerMinute: number | null): void => {
    const config = defineConfig({ limits: { requestsPerMinute } })
    app = createHttp({ usecases: fakeUsecases().usecases, config })
  }
  const ask = (headers: Readonly<Record<string, string>>, url = '/v1/users'): Promise<LightMyRequestResponse> =>
    app.inject({ url, headers })
  const exhaust = async (headers: Readonly<Record<string, string>>): Promise<readonly number[]> => {
    const codes: number[] = []
    for (let i = 0; i <= PER_MINUTE; i++) codes.push((await ask(headers)).statusCode)
    return codes
  }

  it('answers 429 with the seconds to wait, to the key that asks too often and to no other', async () => {
    start(PER_MINUTE)
    expect(await exhaust({ 'x-api-key': 'pk_admin' })).toEqual([200, 200, 200, 429])
    const refused = await ask({ 'x-api-key': 'pk_admin' })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60)
    expect(problemSchema.parse(refused.json())).toMatchObject({ code: 'RATE_LIMITED', status: 429 })
    expect((await ask({ 'x-api-key': 'pk_read' })).statusCode).toBe(200)
  })

  it('does not count probes', async () => {
    start(1)
    const codes = await Promise.all([1, 2, 3].map(async () => (await ask({}, '/healthz')).statusCode))
    expect(codes).toEqual([200, 200, 200])
  })

  it('is absent unless it is configured', async () => {
    start(null)
    const codes = [...(await exhaust({ 'x-api-key': 'pk_admin' })), (await ask({ 'x-api-key': 'pk_admin' })).statusCode]
    expect(new Set(codes)).toEqual(new Set([200]))
    expect((await ask({ 'x-api-key': 'pk_admin' })).headers).not.toHaveProperty('x-ratelimit-limit')
  })
})

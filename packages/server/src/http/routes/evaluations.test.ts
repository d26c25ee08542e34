import { describe, expect, it } from 'vitest'
import { DEFAULT_MAX_DECISIONS } from '../../usecases/contract.ts'
import type { fakeEvaluations } from '../testing/fake-evaluations.ts'
import { httpHarness, testConfig } from '../testing/http-harness.ts'

describe('/v1/evaluations', () => {
  const http = httpHarness()
  const asked = () => (http.fake.usecases.evaluations as ReturnType<typeof fakeEvaluations>).asked

  it('begins with what changes laid over what holds, and is there to be looked at', async () => {
    const body = { id: 'e/1', config: { prices: { 'channel:push': 0.2 }, rules: { gaps: [] } }, from: '2026-01-01' }
    const begun = await http.call('POST', '/v1/evaluations', body)
    expect(begun.statusCode).toBe(202)
    expect(begun.headers.location).toBe('/v1/evaluations/e%2F1')
    expect(begun.json()).toMatchObject({
      ...{ id: 'e/1', status: 'running', createdBy: 'admin', result: null, error: null, progress: null },
      request: {
        from: '2026-01-01T00:00:00.000Z',
        state: 'logged',
        source: 'live',
        maxDecisions: DEFAULT_MAX_DECISIONS,
      },
    })
    const { config } = asked().get('e/1')!
    expect(config.prices).toEqual({ 'channel:push': 0.2 })
    expect(config.rules).toEqual({ ...testConfig.rules, gaps: [] })
    expect(config.objectives).toEqual(testConfig.objectives)
    expect(config).not.toHaveProperty('adapters')
    const again = await http.call('POST', '/v1/evaluations', body)
    expect(again.statusCode).toBe(200)
    expect((await http.call('GET', '/v1/evaluations/e%2F1')).json()).toEqual(begun.json())
    expect((await http.call('GET', '/v1/evaluations')).json().data).toMatchObject([{ id: 'e/1' }])
  })

  it('gives an id where none is given', async () => {
    const { statusCode, headers } = await http.call('POST', '/v1/evaluations', { config: {} })
    expect(statusCode).toBe(202)
    expect(headers.location).toMatch(/^\/v1\/evaluations\/[0-9a-f-]{36}$/)
  })

  it.each([
    ['no configuration', {}, 400, '/config', 'expected record'],
    ['a section that does not decide', { config: { adapters: {} } }, 422, '/config/adapters', 'is no section'],
    ['an unknown section', { config: { rulez: {} } }, 422, '/config/rulez', 'expected objectives, rules'],
    ['a bad value', { config: { groups: { paloma: { share: 2 } } } }, 422, '/config/groups', 'config'],
    ['a bad price', { config: { prices: { x: -1 } } }, 422, '/config/prices/x', '>=0'],
    ['another field', { config: {}, days: 3 }, 400, '/days', 'is not a known field'],
    ['no moment', { config: {}, from: 'soon' }, 400, '/from', 'expected ISO 8601'],
    ['no state', { config: {}, state: 'old' }, 400, '/state', 'expected logged, newest or the number'],
    ['too many', { config: {}, maxDecisions: 1e9 }, 400, '/maxDecisions', '200000'],
    ['a tolerance below 0', { config: {}, tolerate: { sends: -0.1 } }, 400, '/tolerate/sends', '>=0'],
  ])('names the field at fault: %s', async (_, body, status, pointer, said) => {
    const response = await http.call('POST', '/v1/evaluations', body)
    expect(response.statusCode).toBe(status)
    expect(response.headers['content-type']).toContain('application/problem+json')
    expect(response.json().errors[0].pointer.startsWith(pointer)).toBe(true)
    expect(JSON.stringify(response.json())).toContain(said)
  })

  it('refuses another request under an id, a second one at the same time, and whoever may not', async () => {
    await http.call('POST', '/v1/evaluations', { id: 'e1', config: {} })
    const other = await http.call('POST', '/v1/evaluations', { id: 'e1', config: { prices: { x: 1 } } })
    expect(other.statusCode).toBe(409)
    expect(other.json()).toMatchObject({ code: 'EVALUATION_CONFLICT', errors: [{ pointer: '/id' }] })
    const busy = await http.call('POST', '/v1/evaluations', { id: 'busy', config: {} })
    expect(busy.statusCode).toBe(503)
    expect(busy.headers['retry-after']).toBeDefined()
    const reader = { authorization: 'Bearer pk_read' }
    expect((await http.call('POST', '/v1/evaluations', { config: {} }, reader)).statusCode).toBe(403)
    expect((await http.call('GET', '/v1/evaluations', undefined, reader)).statusCode).toBe(200)
    const none = await http.call('GET', '/v1/evaluations/none')
    expect(none.statusCode).toBe(404)
    expect(none.json().code).toBe('EVALUATION_NOT_FOUND')
  })
})

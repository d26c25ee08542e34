import { beforeEach, describe, expect, it } from 'vitest'
import { createHttp } from '../create-http.ts'
import { decisionAnswerSchema, explanationSchema, replaySchema, wireDecisionSchema } from '../schemas/decision.ts'
import { groupComparisonSchema } from '../schemas/group.ts'
import { timelineEntrySchema } from '../schemas/timeline.ts'
import { fakeUsecases } from '../testing/fake-usecases.ts'
import { httpHarness, saveAnn, testConfig } from '../testing/http-harness.ts'

const http = httpHarness()

describe('decisions', () => {
  beforeEach(() => saveAnn(http))

  it('need an idempotency key and answer the same for the same', async () => {
    const missing = await http.call('POST', '/v1/decisions', { userId: 'ann' })
    expect(missing.json()).toMatchObject({ status: 400, code: 'IDEMPOTENCY_KEY_MISSING' })

    const first = await http.call('POST', '/v1/decisions', { userId: 'ann' }, { 'idempotency-key': '"d1"' })
    expect(decisionAnswerSchema.parse(first.json())).toMatchObject({
      decisionId: 'd1',
      action: { kind: 'send', channel: 'email', sendAt: '2026-01-15T12:00:00.000Z' },
      propensity: 0.5,
      sendStatus: 'reserved',
    })
    const again = await http.call('POST', '/v1/decisions', { userId: 'ann', decisionId: 'd1' })
    expect(again.json()).toEqual(first.json())
    expect(again.headers['idempotent-replayed']).toBe('true')
    const other = await http.call('POST', '/v1/decisions', { userId: 'ann', decisionId: 'd1', deliver: false })
    expect(other.json()).toMatchObject({ status: 422, code: 'DECISION_CONFLICT' })
    const misfit = await http.call('POST', '/v1/decisions', { userId: 7, decisionId: 'd3', colour: 'red' })
    expect(misfit.json()).toMatchObject({
      status: 400,
      code: 'BODY_INVALID',
      errors: [{ pointer: '/userId', detail: 'expected string, got 7' }, { pointer: '/colour' }],
    })
    const two = await http.call(
      'POST',
      '/v1/decisions',
      { userId: 'ann', decisionId: 'd2' },
      { 'idempotency-key': 'd1' },
    )
    expect(two.json()).toMatchObject({ status: 400, code: 'IDEMPOTENCY_KEYS_DIFFER' })
  })

  it('are looked up, explained, replayed and audited', async () => {
    await http.call('POST', '/v1/decisions', { userId: 'ann', decisionId: 'd/1', context: { screen: 'home' } })
    const url = '/v1/decisions/d%2F1'
    expect(wireDecisionSchema.parse((await http.call('GET', url)).json()).inputs.context).toEqual({ screen: 'home' })
    expect(explanationSchema.parse((await http.call('GET', `${url}/explain`)).json()).decisionId).toBe('d/1')
    expect(replaySchema.parse((await http.call('POST', `${url}/replay`)).json()).identical).toBe(true)
    expect((await http.call('POST', '/v1/decisions/audit')).json()).toMatchObject({ checked: 1 })
    expect((await http.call('POST', '/v1/decisions/audit', { day: '2025-01-01' })).json()).toMatchObject({ checked: 0 })
    for (const path of ['', '/explain'])
      expect((await http.call('GET', `/v1/decisions/no${path}`)).statusCode).toBe(404)
    expect((await http.call('POST', '/v1/decisions/no/replay')).statusCode).toBe(404)
    const timeline = (await http.call('GET', '/v1/users/ann/timeline?limit=10')).json()
    for (const entry of timeline.data) timelineEntrySchema.parse(entry)
    expect(timeline.data.map((entry: { kind: string }) => entry.kind)).toEqual(['decision', 'send', 'opportunity'])
  })

  it('are listed, newest first, page by page', async () => {
    for (const decisionId of ['d1', 'd2', 'd3']) await http.call('POST', '/v1/decisions', { userId: 'ann', decisionId })
    const page = async (query: string) => (await http.call('GET', `/v1/decisions?${query}`)).json()
    const first = await page('limit=2')
    for (const each of first.data) decisionAnswerSchema.parse(each)
    expect(first).toMatchObject({ data: [{ decisionId: 'd3' }, { decisionId: 'd2' }], nextCursor: 'd2' })
    expect(await page('limit=2&cursor=d2')).toMatchObject({ data: [{ decisionId: 'd1' }], nextCursor: null })
    expect(await page('limit=0')).toMatchObject({ status: 400, errors: [{ pointer: '/limit' }] })
  })

  it('come in batches', async () => {
    const items = [{ userId: 'ann', decisionId: 'd1' }, { userId: 'ann' }, { userId: 'nobody', decisionId: 'd3' }]
    const { results } = (await http.call('POST', '/v1/decisions/batch', { items })).json()
    expect(results).toMatchObject([
      { ok: true, value: { decisionId: 'd1' } },
      { ok: false, error: { pointer: '/decisionId' } },
      { ok: false, error: { code: 'USER_NOT_FOUND' } },
    ])
  })

  it('refuse a moment where the clock is real', async () => {
    const real = createHttp({ usecases: fakeUsecases({ isVirtual: false }).usecases, config: testConfig })
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
    const answer = await http.call('GET', '/v1/groups/compare?from=2026-01-01&until=1770000000000')
    expect(groupComparisonSchema.parse(answer.json()).from).toBe('2026-01-01T00:00:00.000Z')
    const matched = await http.call('GET', '/v1/groups/compare?from=2026-01-01&until=2026-02-01&matchedBy=household')
    expect(groupComparisonSchema.parse(matched.json()).matchedSets).toEqual({ 'paloma-holdout': 1 })
    expect(answer.json()).not.toHaveProperty('matchedSets')
    expect(
      (await http.call('GET', '/v1/groups/compare?from=2026-01-01&until=2026-02-01&matchedBy=')).json(),
    ).toMatchObject({
      errors: [{ pointer: '/matchedBy' }],
    })
    expect((await http.call('GET', '/v1/groups/compare?from=2026-01-02&until=2026-01-01')).json()).toMatchObject({
      errors: [{ pointer: '/until' }],
    })
    expect((await http.call('GET', '/v1/groups/compare?from=2026-01-02')).json()).toMatchObject({
      code: 'PARAMETER_INVALID',
    })
  })

  it('moves a virtual clock forward only', async () => {
    expect((await http.call('GET', '/v1/clock')).json()).toEqual({ now: '2026-01-15T12:00:00.000Z', isVirtual: true })
    expect((await http.call('POST', '/v1/clock', { now: '2026-01-16T00:00:00Z' })).json()).toMatchObject({
      now: '2026-01-16T00:00:00.000Z',
      stateId: 2,
    })
    expect((await http.call('POST', '/v1/clock', { now: '2026-01-01T00:00:00Z' })).json()).toMatchObject({
      status: 409,
    })
  })

  it('creates, lists and revokes keys, and never shows a hash', async () => {
    const { key, secret } = (await http.call('POST', '/v1/keys', { name: 'app', scopes: ['read'] })).json()
    const list = await http.call('GET', '/v1/keys')
    expect(list.body).not.toContain('hash')
    expect(list.json().data).toHaveLength(5)
    const use = () => http.app.inject({ method: 'GET', url: '/v1/users', headers: { 'x-api-key': secret } })
    expect((await use()).statusCode).toBe(200)
    expect((await http.call('DELETE', `/v1/keys/${key.id}`)).statusCode).toBe(204)
    expect((await use()).json()).toMatchObject({ status: 401, code: 'KEY_INVALID' })
    expect((await http.call('DELETE', '/v1/keys/none')).statusCode).toBe(404)
    expect((await http.call('POST', '/v1/keys', { name: 'app', scopes: ['root'] })).json()).toMatchObject({
      errors: [{ pointer: '/scopes/0' }],
    })
  })

  it.each([
    ['GET', '/v1/users', 'pk_ingest'],
    ['POST', '/v1/decisions', 'pk_read'],
    ['DELETE', '/v1/users/ann', 'pk_ingest'],
    ['GET', '/v1/keys', 'pk_decide'],
  ] as const)('lets %s %s not through with %s', async (method, url, secret) => {
    const answer = await http.call(method, url, undefined, { authorization: `Bearer ${secret}` })
    expect(answer.json()).toMatchObject({ status: 403, code: 'SCOPE_MISSING' })
  })
})

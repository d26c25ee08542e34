import { describe, expect, it } from 'vitest'
import {
  experimentCreatedSchema,
  experimentDetailSchema,
  experimentSchema,
  exposuresSchema,
} from '../schemas/experiment.ts'
import { problemSchema } from '../schemas/problem.ts'
import { httpHarness } from '../testing/http-harness.ts'

const http = httpHarness()
const URL = '/v1/experiments'
const GREEDY = { policy: { kind: 'greedy', floor: 0 } }
const body = (key: string, over: object = {}) => ({
  key,
  variants: [{ name: 'control' }, { name: 'greedy', change: GREEDY }],
  ...over,
})

describe('experiments', () => {
  it('live from draft to stop, each step the same the second time', async () => {
    const created = await http.call('POST', URL, body('a'))
    expect(created.statusCode).toBe(201)
    expect(experimentCreatedSchema.parse(created.json())).toMatchObject({
      status: 'draft',
      faults: [],
      design: { salt: 'a', control: 'control', weights: { control: 500_000, greedy: 500_000 }, groups: ['paloma'] },
    })
    expect((await http.call('POST', URL, body('a'))).statusCode).toBe(200)
    for (const _ of [1, 2]) {
      const started = experimentSchema.parse((await http.call('POST', `${URL}/a/start`)).json())
      expect(started).toMatchObject({ status: 'running', revision: 2, phases: [{ since: '2026-01-15T12:00:00.000Z' }] })
    }
    const weights = { control: 100_000, greedy: 900_000 }
    const ramped = experimentSchema.parse((await http.call('POST', `${URL}/a/ramp`, { weights })).json())
    expect(ramped.phases.map((phase) => phase.weights)).toEqual([{ control: 500_000, greedy: 500_000 }, weights])
    const end = { decision: 'ship', reason: 'sells more' }
    expect((await http.call('POST', `${URL}/a/stop`, end)).json()).toMatchObject({ status: 'stopped', end })
    const detail = experimentDetailSchema.parse((await http.call('GET', `${URL}/a`)).json())
    expect(detail.changes.map(({ action, actor }) => [action, actor])).toEqual([
      ['create', 'admin'],
      ['start', 'admin'],
      ['ramp', 'admin'],
      ['stop', 'admin'],
    ])
    expect((await http.call('GET', URL)).json().data).toHaveLength(1)
    expect(exposuresSchema.parse((await http.call('GET', `${URL}/a/exposures`)).json()).users).toBe(0)
  })

  it('are refused with the name of the one in the way', async () => {
    for (const key of ['a', 'b']) await http.call('POST', URL, body(key))
    await http.call('POST', `${URL}/a/start`)
    const refused = await http.call('POST', `${URL}/b/start`)
    expect(refused.statusCode).toBe(409)
    const { code, detail, hint } = problemSchema.parse(refused.json())
    expect(code).toBe('EXPERIMENT_CONFLICT')
    expect(detail).toContain('b cannot run beside a: both change the policy')
    expect(hint).toContain('stop a')
  })

  it.each([
    [{}, '/key'],
    [body('with space'), '/key'],
    [body('a', { groups: ['holdout'] }), '/groups'],
    [body('a', { learning: 'alone' }), '/learning'],
    [body('a', { colour: 1 }), '/colour'],
    [body('a', { variants: [{ name: 'x', change: { policy: { kind: 'magic' } } }] }), '/variants/0/change/policy/kind'],
    [
      body('a', { variants: [{ name: 'x', change: { policy: { kind: 'greedy', floor: 2 } } }] }),
      '/variants/0/change/policy/floor',
    ],
    [body('a', { metrics: [{ name: 'revenue', role: 'hero' }] }), '/metrics/0/role'],
    [body('a', { metrics: [{ name: 'revenue', role: 'success', targetMDE: 'much' }] }), '/metrics/0/targetMDE'],
  ])('refuses %j, naming %s', async (given, pointer) => {
    const answer = await http.call('POST', URL, given)
    expect(answer.statusCode).toBe(400)
    expect(problemSchema.parse(answer.json()).errors.map((each) => each.pointer)).toContain(pointer)
  })

  it.each([
    ['GET', `${URL}/nothing`, undefined, 404, 'EXPERIMENT_NOT_FOUND'],
    ['GET', `${URL}/nothing/exposures`, undefined, 404, 'EXPERIMENT_NOT_FOUND'],
    ['POST', `${URL}/nothing/start`, undefined, 404, 'EXPERIMENT_NOT_FOUND'],
    ['POST', `${URL}/a/ramp`, { traffic: 5 }, 409, 'EXPERIMENT_NOT_RUNNING'],
    ['GET', `${URL}/nothing/plan`, undefined, 404, 'EXPERIMENT_NOT_FOUND'],
    ['GET', `${URL}/a/plan?days=0`, undefined, 400, 'PARAMETER_INVALID'],
    ['GET', `${URL}/a/plan?from=memory`, undefined, 400, 'PARAMETER_INVALID'],
    ['GET', `${URL}/a/plan?days=7&from=history`, undefined, 200, undefined],
    ['POST', `${URL}/a/ramp`, {}, 400, 'BODY_INVALID'],
    ['POST', `${URL}/a/stop`, { decision: 'perhaps' }, 400, 'BODY_INVALID'],
  ] as const)('answers %s %s %j with %i %s', async (method, url, given, status, code) => {
    await http.call('POST', URL, body('a'))
    const answer = await http.call(method, url, given)
    expect([answer.statusCode, answer.json().code]).toEqual([status, code])
  })

  it('refuses a ramp whose weights do not sum, naming the field', async () => {
    await http.call('POST', URL, body('a'))
    await http.call('POST', `${URL}/a/start`)
    const answer = await http.call('POST', `${URL}/a/ramp`, { weights: { control: 1, greedy: 2 } })
    expect(answer.statusCode).toBe(422)
    expect(problemSchema.parse(answer.json())).toMatchObject({
      code: 'EXPERIMENT_INVALID',
      errors: [{ pointer: '/weights' }],
    })
  })

  it('are changed by admin keys alone, and read by read keys', async () => {
    const reader = { authorization: 'Bearer pk_read' }
    expect((await http.call('POST', URL, body('a'), reader)).statusCode).toBe(403)
    expect((await http.call('GET', URL, undefined, reader)).statusCode).toBe(200)
  })
})

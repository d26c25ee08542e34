import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type App, createApp } from '../app.ts'
import { defineConfig } from '../config/define-config.ts'
import { runtimeFrom } from '../config/runtime.ts'

let app: App
let secret = ''
const dir = mkdtempSync(join(tmpdir(), 'paloma-bad-experiments-'))

beforeAll(async () => {
  const layers = [{ name: 'constructor', salt: 'c', holdoutShare: 10 }]
  const withholding = { salt: 'w', share: 0, messages: { sale: 100_000 }, periodDays: 28, groups: ['paloma' as const] }
  const config = defineConfig({ experiments: { layers, withholding } })
  app = await createApp(config, runtimeFrom({ PALOMA_DATA_DIR: dir }))
  secret = (await app.usecases.keys.create('admin', ['admin'])).secret
})
afterAll(async () => {
  await app.close()
  rmSync(dir, { recursive: true, force: true })
})

async function ask(method: 'GET' | 'POST', url: string, payload?: unknown) {
  const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }
  const answer = await app.http.inject({
    method,
    url,
    headers,
    ...(payload === undefined ? {} : { payload: JSON.stringify(payload) }),
  })
  return { status: answer.statusCode, answer: answer.json() }
}

const URL = '/v1/experiments'
const PAIR = [{ name: 'control' }, { name: 'new', change: {} }]

describe('bad input about experiments', () => {
  it('is never answered with a fault of the server', async () => {
    const part = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(...PAIR, 'paloma', 'constructor', -1, 1e308, { kind: 'withhold' }),
    )
    const members = [
      'variants',
      'layer',
      'groups',
      'targeting',
      'unit',
      'weights',
      'traffic',
      'metrics',
      'control',
      'horizon',
      'salt',
    ]
    const body = fc.record(Object.fromEntries(members.map((name) => [name, part])), { requiredKeys: [] })
    await fc.assert(
      fc.asyncProperty(body, fc.integer({ min: 0, max: 5 }), async (over, n) => {
        const { status } = await ask('POST', URL, { key: `fuzz-${n}`, variants: PAIR, ...over })
        expect(status).toBeLessThan(500)
        const steps = [ask('POST', `${URL}/fuzz-${n}/start`), ask('POST', `${URL}/fuzz-${n}/ramp`, over)]
        for (const { status: stepped } of await Promise.all(steps)) expect(stepped).toBeLessThan(500)
        for (const rest of ['', '/exposures', '/results']) {
          expect((await ask('GET', `${URL}/fuzz-${n}${rest}`)).status).toBeLessThan(500)
        }
        await ask('POST', `${URL}/fuzz-${n}/stop`, { decision: 'invalid' })
      }),
      { seed: 4, numRuns: 20 },
    )
  })

  it.each(['constructor', 'toString'])('is no trouble where messages and traits are called %s', async (name) => {
    const key = `named-${name}`
    const body = {
      key,
      layer: { name: 'constructor', from: 0, until: 999_000 },
      variants: [{ name: 'control' }, { name: 'without', change: { messages: { [name]: { kind: 'withhold' } } } }],
      targeting: [{ kind: 'noneOf', trait: name, values: [1] }],
    }
    expect((await ask('POST', URL, body)).answer).toMatchObject({ status: 'draft', faults: [] })
    expect((await ask('POST', `${URL}/${key}/start`)).status).toBe(200)
    const users = Array.from({ length: 5 }, (_, i) => `${key}-${i}`)
    for (const userId of users) {
      await ask('POST', '/v1/users', { userId })
      const content = { 'in-app': { title: 'Hi', body: 'Hi' } }
      const window = { expires: '2099-01-01T00:00:00Z' }
      const proposal = {
        id: `o-${userId}`,
        producer: 'p',
        userId,
        message: name,
        channels: ['in-app'],
        content,
        window,
      }
      expect((await ask('POST', '/v1/opportunities', proposal)).status).toBe(201)
    }
    const items = users.map((userId) => ({ decisionId: `d-${userId}`, userId }))
    const { answer } = await ask('POST', '/v1/decisions/batch', { items })
    for (const { value } of answer.results) {
      const found = value.assignments.map(({ experiment }: { readonly experiment: string }) => experiment)
      expect(found).toEqual(['group', key, 'layer:constructor'])
    }
    expect((await ask('GET', `${URL}/${key}/exposures`)).answer).toMatchObject({ users: 5, crossed: 0 })
    expect((await ask('POST', `${URL}/${key}/stop`, { decision: 'inconclusive' })).status).toBe(200)
    expect((await ask('POST', '/v1/decisions/audit', {})).answer).toMatchObject({ failures: [] })
  })

  it.each(['constructor', '__proto__', 'toString'])(
    'names a variant called %s, which maps could not tell',
    async (name) => {
      const { status, answer } = await ask('POST', URL, { key: 'odd', variants: [{ name }, { name: 'other' }] })
      expect([status, answer.errors[0].pointer]).toEqual([400, '/variants/0/name'])
    },
  )

  it.each([
    ['layer:constructor', 200],
    ['withhold:sale:738', 200],
    ['withhold:', 404],
    ['layer:', 404],
    ['__proto__', 404],
    ['a'.repeat(257), 400],
  ])('of exposures of %s is answered with %i', async (key, status) => {
    expect((await ask('GET', `${URL}/${encodeURIComponent(key)}/exposures`)).status).toBe(status)
  })
})

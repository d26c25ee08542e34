import { describe, expect, it } from 'vitest'
import { createApi } from './api.ts'

/** Answers every request alike and keeps what was asked. */
function answering(body: string, init: ResponseInit) {
  const asked: { readonly path: string; readonly init: RequestInit | undefined }[] = []
  const fetch: typeof globalThis.fetch = async (path, options) => {
    asked.push({ path: String(path), init: options })
    return new Response(body, init)
  }
  return { asked, fetch }
}

const json = { headers: { 'content-type': 'application/json' } }

describe('createApi', () => {
  it('sends the key and escapes ids in paths', async () => {
    const { asked, fetch } = answering('{"data":[],"nextCursor":null}', json)
    await createApi('secret', fetch).timeline('a/b c', '2026-01-01T00:00:00.000Z')
    expect(asked[0]?.path).toBe('/v1/users/a%2Fb%20c/timeline?limit=100&cursor=2026-01-01T00%3A00%3A00.000Z')
    expect(asked[0]?.init?.headers).toEqual({ authorization: 'Bearer secret' })
  })

  it('rejects with the problem the server names', async () => {
    const problem = { code: 'USER_NOT_FOUND', detail: 'there is no user "x"' }
    const { fetch } = answering(JSON.stringify(problem), {
      status: 404,
      headers: { 'content-type': 'application/problem+json' },
    })
    await expect(createApi('k', fetch).user('x')).rejects.toMatchObject({
      status: 404,
      code: 'USER_NOT_FOUND',
      message: 'there is no user "x"',
    })
  })

  it('rejects with the status when the answer is no problem document', async () => {
    const { fetch } = answering('<html>', { status: 502 })
    await expect(createApi('k', fetch).explain('d')).rejects.toThrow('the server answered 502')
  })

  it('takes an unready server for an answer', async () => {
    const { fetch } = answering('{"ready":false,"checks":{"store":{"ok":false}}}', { ...json, status: 503 })
    expect(await createApi('k', fetch).ready()).toEqual({ ready: false, checks: { store: { ok: false } } })
  })

  it('asks for an evaluation with what is to change', async () => {
    const { asked, fetch } = answering('{"id":"e/1"}', json)
    expect(await createApi('k', fetch).startEvaluation({ prices: {} })).toEqual({ id: 'e/1' })
    const { path, init } = asked[0]!
    expect([path, init?.method, init?.body]).toEqual(['/v1/evaluations', 'POST', '{"config":{"prices":{}}}'])
    expect(init?.headers).toEqual({ authorization: 'Bearer k', 'content-type': 'application/json' })
  })

  it('asks for a replay by POST', async () => {
    const { asked, fetch } = answering('{"decisionId":"d","identical":true,"differences":[]}', json)
    await createApi('k', fetch).replay('d')
    expect(asked[0]?.init?.method).toBe('POST')
  })
})

import { describe, expect, it } from 'vitest'
import { httpHarness } from '../testing/http-harness.ts'

const MAIL = { 'content-type': 'message/rfc822' }

describe('POST /v1/mail-reports', () => {
  const http = httpHarness()
  const post = (payload: unknown, headers: Readonly<Record<string, string>> = MAIL) =>
    http.call('POST', '/v1/mail-reports', payload, headers)

  it.each(['message/rfc822', 'message/rfc822; charset=utf-8', 'application/octet-stream'])(
    'takes a raw message as %s, also one larger than other bodies may be',
    async (type) => {
      const answer = await post(Buffer.alloc(900_000, 'ä'), { 'content-type': type })
      expect(answer.statusCode).toBe(200)
      expect(answer.json()).toMatchObject({ kind: 'other', event: null, detail: '900000 bytes' })
    },
  )

  it.each([
    ['nothing', Buffer.alloc(0), MAIL, 400, 'BODY_INVALID'],
    ['more than a mebibyte', Buffer.alloc(1_048_577), MAIL, 413, 'BODY_TOO_LARGE'],
    ['JSON', { a: 1 }, {}, 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['what no event stands for', Buffer.from('unnamed'), MAIL, 400, 'LOSS_NOT_CONFIGURED'],
    [
      'what a key without its scope sends',
      Buffer.from('x'),
      { ...MAIL, authorization: 'Bearer pk_read' },
      403,
      'SCOPE_MISSING',
    ],
  ] as const)('refuses %s', async (_, payload, headers, status, code) => {
    const answer = await post(payload, headers)
    expect([answer.statusCode, answer.json().code]).toEqual([status, code])
  })
})

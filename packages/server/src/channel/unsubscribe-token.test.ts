import { CHANNELS, PalomaError, userId } from '@paloma/core/domain'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readToken, signToken, type TokenPayload } from './unsubscribe-token.ts'

const SECRET = 'a-secret-of-32-characters-or-more'
const payloads: fc.Arbitrary<TokenPayload> = fc.oneof(
  fc.record({ kind: fc.constant('inbox' as const), userId: fc.string().map(userId) }),
  fc.record({
    kind: fc.constant('unsubscribe' as const),
    userId: fc.string({ unit: 'grapheme' }).map(userId),
    channel: fc.constantFrom(...CHANNELS),
    topic: fc.string(),
  }),
)
const settings = { seed: 11, numRuns: 200 }

describe('signToken and readToken', () => {
  it('give back what was signed, in characters that need no escaping in a URL', () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        const token = signToken(SECRET, payload)
        expect(token).toMatch(/^[\w-]+\.[\w-]+$/)
        expect(readToken(SECRET, token)).toEqual(payload)
      }),
      settings,
    )
  })

  it('refuse a token with any one character changed', () => {
    const token = signToken(SECRET, { kind: 'unsubscribe', userId: userId('ada'), channel: 'email', topic: 'news' })
    for (let i = 0; i < token.length; i++) {
      const other = token[i] === 'A' ? 'B' : 'A'
      expect(readToken(SECRET, token.slice(0, i) + other + token.slice(i + 1))).toBeUndefined()
    }
  })

  it('refuse tokens of another secret, and strings that are no tokens', () => {
    const token = signToken('another-secret-of-enough-length', { kind: 'inbox', userId: userId('ada') })
    expect(readToken(SECRET, token)).toBeUndefined()
    for (const junk of ['', '.', 'a.b', 'a.b.c', `${signToken(SECRET, { kind: 'inbox', userId: userId('a') })}.`]) {
      expect(readToken(SECRET, junk)).toBeUndefined()
    }
  })

  it('keep inbox tokens and unsubscribe tokens apart', () => {
    const token = signToken(SECRET, { kind: 'inbox', userId: userId('ada') })
    expect(readToken(SECRET, token)?.kind).toBe('inbox')
  })

  it('refuse a secret that can be guessed', () => {
    expect(() => signToken('short', { kind: 'inbox', userId: userId('ada') })).toThrow(PalomaError)
    expect(() => readToken('', 'a.b')).toThrow(/>= 16 characters, got 0/)
  })
})

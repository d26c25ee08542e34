import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { messageIdOf, returnPathOf, sendIdOfMessageId, sendIdsOfReturnPath } from './mail-names.ts'

const PATTERN = 'bounces+*@acme.example'
const id = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 256 }),
  fc.uuid().map((uuid) => `send-${uuid}`),
  fc.stringMatching(/^[a-z0-9.-]{1,40}$/),
)

describe('names of messages in mail', () => {
  it('lead back from a Message-ID to the send', () => {
    fc.assert(
      fc.property(id, (sendId) => {
        const messageId = messageIdOf(sendId, 'acme.example')
        expect(messageId).toMatch(/^<[\w.!#$&*+/=?^`{|}~%-]{1,700}@acme\.example>$/)
        const back = sendIdOfMessageId(messageId.slice(1, -1))
        expect(back).toBe(encodeURIComponent(sendId).length <= 700 ? sendId : expect.stringMatching(/^[\da-f]{64}$/))
      }),
      { seed: 5322 },
    )
  })

  it.each(['', '@acme.example', 'no-at', '100%@x', '%ff@x'])('find nothing in %j', (text) => {
    expect(sendIdOfMessageId(text)).toBeUndefined()
  })

  it('lead back from a return path, in whatever case it comes, or name no message at all', () => {
    fc.assert(
      fc.property(id, (sendId) => {
        const path = returnPathOf(PATTERN, sendId)
        expect(path).toMatch(/^bounces\+[a-z0-9-](?:[a-z0-9.-]*[a-z0-9])?@acme\.example$/)
        expect(path.indexOf('@')).toBeLessThanOrEqual(64)
        const found = sendIdsOfReturnPath(PATTERN, `To: "Bounces" <${path.toUpperCase()}>, other@acme.example`)
        expect(found).toEqual([path === 'bounces+message@acme.example' ? 'message' : sendId])
      }),
      { seed: 5321, numRuns: 300 },
    )
    expect(returnPathOf(PATTERN, 'send-0b2e1f7c-5d41-4a8e-9c3a-2f6d1e0b7a55')).toContain('send-0b2e1f7c')
  })

  it('are not found in another address, nor where the return path names none', () => {
    expect(sendIdsOfReturnPath(PATTERN, 'To: xbounces+a@acme.example, bounces+b@acme.example.org')).toEqual([])
    expect(sendIdsOfReturnPath('bounces@acme.example', 'To: bounces@acme.example')).toEqual([])
    expect(returnPathOf('bounces@acme.example', 'send-1')).toBe('bounces@acme.example')
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { interpretMailReport } from './interpret-mail-report.ts'
import { deliveryStatus, feedback } from './testing/reports.ts'

describe('interpretMailReport', () => {
  it('reads who was not reached, why, and which message it was', async () => {
    expect(await interpretMailReport(deliveryStatus())).toEqual({
      kind: 'bounce',
      isHard: true,
      status: '5.1.1',
      diagnostic: 'smtp; 550 5.1.1 <ada@example.com>: Recipient address rejected: User unknown',
      original: {
        address: 'ada@example.com',
        messageId: 'send-d1@acme.example',
        reportedTo: ['To: news@acme.example'],
        reportId: '20260301.1@mx.example.com',
      },
    })
  })

  it.each([
    ['5.1.1', '', true],
    ['5.1.2', '', true],
    ['5.1.10', 'smtp; 556 5.1.10 null MX', true],
    ['5.2.1', '', true],
    ['5.4.4', '', true],
    ['5.0.0', 'smtp; 550 no such user', true],
    ['5.0.0', 'smtp; 552 5.2.2 mailbox full', false],
    ['5.2.2', '', false],
    ['5.3.4', '', false],
    ['5.4.1', '', false],
    ['5.7.1', 'smtp; 550 5.7.1 blocked', false],
    ['5.1.8', '', false],
    ['4.4.7', 'smtp; 421 try later', false],
    ['', 'smtp; 550 5.1.1 unknown', true],
    ['', 'smtp; 421 busy', false],
    ['', '', false],
    ['nonsense', 'x', false],
  ])('takes the status %j with %j as hard: %s', async (status, diagnostic, isHard) => {
    const fields = { Status: status, 'Diagnostic-Code': diagnostic }
    expect(await interpretMailReport(deliveryStatus({ fields }))).toMatchObject({ kind: 'bounce', isHard })
  })

  it.each(['delayed', 'delivered', 'relayed', 'expanded', ''])('takes nothing from the action %j', async (action) => {
    const report = await interpretMailReport(deliveryStatus({ fields: { Action: action } }))
    expect(report).toMatchObject({ kind: 'other', reason: expect.stringContaining('no recipient failed for good') })
  })

  it('names the address that was written to where a forwarder failed, and reads headers alone', async () => {
    const fields = { 'Original-Recipient': 'rfc822;ada@first.example', 'Final-Recipient': 'utf-8; ada@last.example' }
    const report = await interpretMailReport(deliveryStatus({ fields, original: 'text/rfc822-headers' }))
    expect(report).toMatchObject({ original: { address: 'ada@first.example', messageId: 'send-d1@acme.example' } })
  })

  it('says what a report leaves out', async () => {
    const fields = { 'Final-Recipient': 'rfc822; not an address' }
    const report = await interpretMailReport(deliveryStatus({ fields, messageId: null }))
    expect(report).toMatchObject({ original: { address: null, messageId: null } })
  })

  it.each(['abuse', 'Fraud', 'opt-out'])('takes feedback of type %s for a complaint', async (type) => {
    const fields = { 'Feedback-Type': type, 'Original-Rcpt-To': 'rfc822; ada@example.com' }
    expect(await interpretMailReport(feedback({ fields }))).toMatchObject({
      kind: 'complaint',
      feedbackType: type.toLowerCase(),
      original: { address: 'ada@example.com', messageId: 'send-d1@acme.example' },
    })
  })

  it.each(['not-spam', 'auth-failure', 'virus', 'other'])('takes feedback of type %s for none', async (type) => {
    expect(await interpretMailReport(feedback({ fields: { 'Feedback-Type': type } }))).toMatchObject({ kind: 'other' })
  })

  it('does not look for reports inside a message that somebody forwards, nor in one that only says it bounced', async () => {
    const forwarded = deliveryStatus().toString().replace('multipart/report', 'multipart/mixed')
    expect(await interpretMailReport(Buffer.from(forwarded))).toMatchObject({ kind: 'other' })
    const vacation = 'From: ada@example.com\r\nSubject: Undelivered: 5.1.1\r\n\r\nI am away. Status: 5.1.1\r\n'
    expect(await interpretMailReport(Buffer.from(vacation))).toMatchObject({ kind: 'other' })
  })

  it('reads a report that was cut off after its status', async () => {
    const whole = deliveryStatus()
    const cut = whole.subarray(0, whole.indexOf('User unknown'))
    expect(await interpretMailReport(cut)).toMatchObject({ kind: 'bounce', isHard: true, status: '5.1.1' })
  })

  it('answers something for whatever bytes there are, the same for the same', async () => {
    const sound = fc.constantFrom(deliveryStatus(), feedback(), deliveryStatus({ original: 'text/rfc822-headers' }))
    const edited = fc
      .tuple(sound, fc.array(fc.tuple(fc.nat(), fc.nat(200), fc.uint8Array({ maxLength: 40 })), { maxLength: 6 }))
      .map(([bytes, edits]) =>
        edits.reduce((text, [at, cut, put]) => {
          const from = at % (text.length + 1)
          return Buffer.concat([text.subarray(0, from), put, text.subarray(from + cut)])
        }, bytes),
      )
    const torn = fc
      .tuple(
        edited,
        fc.constantFrom('base64', 'quoted-printable', '8bit', 'x-none'),
        fc.constantFrom('utf-8', 'utf-7', 'x'),
      )
      .map(([bytes, encoding, charset]) =>
        Buffer.from(
          bytes
            .toString('latin1')
            .replace(
              'message/delivery-status',
              `message/delivery-status; charset=${charset}\r\nContent-Transfer-Encoding: ${encoding}`,
            ),
          'latin1',
        ),
      )
    const kinds = new Set<string>()
    await fc.assert(
      fc.asyncProperty(fc.oneof(edited, torn, fc.uint8Array({ maxLength: 2_000 })), async (bytes) => {
        const report = await interpretMailReport(bytes)
        kinds.add(report.kind)
        expect(await interpretMailReport(bytes)).toEqual(report)
        if (report.kind !== 'other') expect(report.original.address ?? 'a@b').toMatch(/^[^\s@<>]+@[^\s@<>]+$/)
      }),
      { seed: 3464, numRuns: 400 },
    )
    expect([...kinds].toSorted()).toEqual(['bounce', 'complaint', 'other'])
  })

  it('is not led astray by many parts, deep nesting or endless headers', async () => {
    const open = (i: number): string => `Content-Type: multipart/report; boundary=b${i}\r\n\r\n--b${i}\r\n`
    const deep = Array.from({ length: 5_000 }, (_, i) => open(i)).join('')
    const part = '--b\r\nContent-Type: message/delivery-status\r\n\r\nAction: delayed\r\n\r\n'
    const many = `Content-Type: multipart/report; boundary=b\r\n\r\n${part.repeat(10_000)}`
    const long = `Content-Type: multipart/report; boundary=b\r\nX: ${'y'.repeat(1_000_000)}\r\n${'Z: z\r\n'.repeat(10_000)}\r\n`
    const fields = `Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n${'Action: failed\r\n \r\n'.repeat(50_000)}`
    for (const text of [deep, many, long]) {
      expect(await interpretMailReport(Buffer.from(text))).toMatchObject({ kind: 'other' })
    }
    expect(await interpretMailReport(Buffer.from(fields))).toMatchObject({ kind: 'bounce', isHard: false })
  })
})

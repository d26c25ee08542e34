import { createHash, createVerify, generateKeyPairSync } from 'node:crypto'
import { PalomaError, sendId } from '@paloma/core/domain'
import fc from 'fast-check'
import { simpleParser } from 'mailparser'
import { afterEach, describe, expect, it } from 'vitest'
import type { Message } from '../contract.ts'
import { drippingServer } from '../testing/dripping-server.ts'
import { type FakeSmtpServer, fakeSmtpServer, type ReceivedMail } from '../testing/fake-smtp-server.ts'
import { type ChannelLab, testChannel, testMessage, testProfile } from '../testing/test-channel.ts'
import { smtpChannel } from './channel.ts'
import type { SmtpChannelOptions } from './config.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
const DKIM = { domain: 'acme.example', selector: 'paloma', privateKey }

interface SmtpLab extends ChannelLab {
  readonly server: FakeSmtpServer
  /** Sends and answers the mail as it arrived. */
  receive(over?: Partial<Message>): Promise<ReceivedMail>
}

async function smtpLab(options: Partial<SmtpChannelOptions> = {}, password?: string): Promise<SmtpLab> {
  const server = await fakeSmtpServer(password === undefined ? {} : { password })
  const url = password === undefined ? 'smtp://127.0.0.1' : 'smtp://paloma:right@127.0.0.1'
  const adapter = smtpChannel({
    url: `${url}:${server.port}`,
    from: 'Acme <news@acme.example>',
    timeoutMs: 2_000,
    ...options,
  })
  const lab: SmtpLab = {
    adapter,
    addresses: { email: 'ada@example.com' },
    content: { subject: 'Hello', html: '<p>Hello <b>Ada</b></p>' },
    delivered: () => server.mails.map(({ parsed }) => sendId(idOf(parsed.messageId))),
    attempts: server.attempts,
    accept: server.accept,
    make: server.make,
    async close() {
      await adapter.close?.()
      await server.close()
    },
    server,
    async receive(over = {}) {
      expect((await adapter.send(testMessage(lab, over))).kind).toBe('sent')
      return server.mails.at(-1)!
    },
  }
  return lab
}

function idOf(messageId: string | undefined): string {
  return decodeURIComponent(/^<(.+)@acme\.example>$/.exec(messageId ?? '')?.[1] ?? '')
}

testChannel('smtpChannel', () => smtpLab(), {
  troubles: ['reject-address', 'server-error', 'hang-after-data', 'drop-connection', 'refuse-connection'],
})

describe('smtpChannel', () => {
  let lab: SmtpLab
  afterEach(() => lab.close())

  it('sends HTML with a text part made of it, from the configured sender', async () => {
    lab = await smtpLab()
    const { parsed, envelope } = await lab.receive()
    expect(parsed.subject).toBe('Hello')
    expect(parsed.html).toBe('<p>Hello <b>Ada</b></p>')
    expect(parsed.text?.trim()).toBe('Hello Ada')
    expect(parsed.from?.value).toEqual([{ name: 'Acme', address: 'news@acme.example' }])
    expect(envelope).toEqual({ from: 'news@acme.example', to: ['ada@example.com'] })
  })

  it('makes one line of a subject', async () => {
    lab = await smtpLab()
    const { parsed } = await lab.receive({
      content: { subject: ' a\u2028b\0c\r\nBcc: eve@example.com\n', html: '<p></p>' },
    })
    expect(parsed.subject).toBe('a b c Bcc: eve@example.com')
  })

  it.each([
    ['ASCII', 'x'.repeat(5_000)],
    ['one word among others', `Now ${'y'.repeat(2_000)} or "never"`],
    ['what looks like an encoded word', `=?UTF-8?Q?${'z'.repeat(1_200)}?=`],
    ['other letters', 'ö'.repeat(5_000)],
  ])('folds a subject of %s that has no blank to fold it at', async (_, subject) => {
    lab = await smtpLab({ dkim: DKIM })
    const { raw } = await lab.receive({ content: { subject, html: '<p></p>' } })
    const head = raw.toString('latin1').split('\r\n\r\n')[0]!
    expect(Math.max(...head.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998)
    expect((await simpleParser(raw)).subject).toBe(subject)
    expect(verifyDkim(raw, publicKey)).toMatchObject({ isBodyRight: true, isSignatureRight: true })
  })

  it('keeps header lines within 998 characters whatever the ids', async () => {
    lab = await smtpLab({ returnPath: 'bounces+*@acme.example' })
    const id = sendId(`send-${'字'.repeat(256)}`)
    const { raw } = await lab.receive({ sendId: id, unsubscribeUrl: `https://paloma.example/u/${'t'.repeat(3_000)}` })
    const head = raw.toString('latin1').split('\r\n\r\n')[0]!
    expect(Math.max(...head.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998)
  })

  it('has bounces sent to an address that names the message', async () => {
    lab = await smtpLab({ returnPath: 'bounces+*@acme.example' })
    const named = await lab.receive({ sendId: sendId('send-0b2e-41') })
    expect(named.envelope.from).toBe('bounces+send-0b2e-41@acme.example')
    expect(named.parsed.from?.value[0]?.address).toBe('news@acme.example')
    const { envelope } = await lab.receive({ sendId: sendId('send-Ä'.repeat(30)) })
    expect(envelope.from).toBe('bounces+message@acme.example')
  })

  it('keeps a text part that is given', async () => {
    lab = await smtpLab()
    const { parsed } = await lab.receive({ content: { subject: 'S', html: '<p>H</p>', text: 'own words' } })
    expect(parsed.text?.trim()).toBe('own words')
  })

  it('offers one-click unsubscribing on marketing mail', async () => {
    lab = await smtpLab({ unsubscribeMailto: 'stop@acme.example' })
    const { parsed, raw } = await lab.receive()
    expect(raw.toString()).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m)
    expect(unfold(raw)).toMatch(
      /^List-Unsubscribe: <https:\/\/paloma\.example\/u\/token>, <mailto:stop@acme\.example\?subject=unsubscribe>\r$/m,
    )
    expect(parsed.headers.get('auto-submitted')).toBe('auto-generated')
    expect(parsed.headers.get('feedback-id')).toBe('price-drop:offers:marketing:paloma')
  })

  it('offers no unsubscribing on transactional mail', async () => {
    lab = await smtpLab({ unsubscribeMailto: 'stop@acme.example' })
    const { raw } = await lab.receive({ category: 'transactional', unsubscribeUrl: null })
    expect(raw.toString()).not.toMatch(/List-Unsubscribe/i)
  })

  it('promises one click only over https', async () => {
    lab = await smtpLab()
    const { raw } = await lab.receive({ unsubscribeUrl: 'http://localhost:8080/u/token' })
    expect(unfold(raw)).toMatch(/^List-Unsubscribe: <http:\/\/localhost:8080\/u\/token>\r$/m)
    expect(raw.toString()).not.toMatch(/List-Unsubscribe-Post/)
  })

  it('signs with DKIM so that a verifier accepts it, both unsubscribe headers included', async () => {
    lab = await smtpLab({ dkim: DKIM })
    const { raw } = await lab.receive()
    const dkim = verifyDkim(raw, publicKey)
    expect(dkim).toMatchObject({ isBodyRight: true, isSignatureRight: true, d: 'acme.example', s: 'paloma' })
    expect(dkim.signed).toEqual(
      expect.arrayContaining(['from', 'subject', 'list-unsubscribe', 'list-unsubscribe-post']),
    )
    const tampered = Buffer.from(raw.toString().replace('One-Click', 'Two-Click'))
    expect(verifyDkim(tampered, publicKey).isSignatureRight).toBe(false)
  })

  it('lets nothing from a user or a template into the headers', async () => {
    lab = await smtpLab()
    const evil = fc.string({
      unit: fc.constantFrom('\r', '\n', '\r\n', 'Bcc: eve@example.com', 'a', ':', '\u2028', '\0', ' '),
    })
    await fc.assert(
      fc.asyncProperty(evil, async (text) => {
        const { parsed, raw, envelope } = await lab.receive({
          content: { subject: `Hi ${text}`, html: `<p>${text}</p>` },
          message: `m${text}`,
          topic: text,
          unsubscribeUrl: `https://paloma.example/u/${text}`,
          sendId: sendId(`id${text}`),
        })
        expect(envelope.to).toEqual(['ada@example.com'])
        expect(parsed.headers.has('bcc')).toBe(false)
        expect(headerNames(raw)).toEqual(headerNames((await lab.receive()).raw))
      }),
      { seed: 5, numRuns: 25 },
    )
  })

  it.each([
    'ada@example.com\r\nBcc: eve@example.com',
    'ada@example.com, eve@example.com',
    'Ada <ada@example.com>',
    'ada@example.com>\r\nRCPT TO:<eve@example.com',
    'not an address',
    '',
  ])('refuses %j as an address', async (email) => {
    lab = await smtpLab()
    expect(lab.adapter.canReach(testProfile({ email }))).toBe(false)
    const result = await lab.adapter.send(testMessage(lab, { profile: testProfile({ email }) }))
    expect(result).toMatchObject({ kind: 'rejected', permanent: true, addressGone: true })
    expect(lab.server.attempts()).toBe(0)
  })

  it.each([
    ['RCPT', 550, '5.1.1 no such user', { permanent: true, addressGone: true }],
    ['RCPT', 550, '5.1.10 null MX', { permanent: true, addressGone: true }],
    ['RCPT', 550, '5.2.1 disabled', { permanent: true, addressGone: true }],
    ['RCPT', 552, '5.2.2 full', { permanent: true }],
    ['RCPT', 554, '5.7.1 blocked', { permanent: true }],
    ['RCPT', 550, '5.1.8 bad sender', { permanent: true }],
    ['RCPT', 452, '4.2.2 mailbox full', { permanent: false }],
    ['MAIL', 451, '4.7.1 greylisted', { permanent: false }],
    ['DATA', 554, '5.6.0 looks like spam', { permanent: true }],
    ['DATA', 451, '4.3.0 out of disk', { permanent: false }],
  ] as const)('reads a reply to %s of %i %s', async (command, code, text, expected) => {
    lab = await smtpLab()
    lab.server.replyWith(command, code, text)
    expect(await lab.adapter.send(testMessage(lab))).toEqual({
      kind: 'rejected',
      reason: `${code} ${text}`,
      ...expected,
    })
  })

  it('knows that a signed message went out, too, when no answer comes', async () => {
    lab = await smtpLab({ dkim: DKIM })
    await lab.make('hang-after-data')
    expect((await lab.adapter.send(testMessage(lab))).kind).toBe('unknown')
  })

  // Bytes come all the time, so no silence is ever long.
  it.each([
    ['the greeting', '', [], 'Greeting never received'],
    ['the reply to EHLO', '220 mx.example ready\r\n', [], 'did not finish its answers within 500 ms'],
    ['the reply to RCPT', '220 mx\r\n', ['250 mx\r\n', '250 ok\r\n'], 'did not finish its answers within 500 ms'],
  ] as const)('is not kept for ever by a server that never finishes %s', async (_, begin, replies, reason) => {
    const server = await drippingServer(begin, replies)
    lab = await smtpLab({ url: `smtp://127.0.0.1:${server.port}`, timeoutMs: 100, connections: 1 })
    const results = await Promise.all([0, 1].map(() => lab.adapter.send(testMessage(lab))))
    const expected = { kind: 'rejected', permanent: false, reason: expect.stringContaining(reason) }
    expect(results).toEqual([expected, expected])
    if (replies.length === 0) expect(await lab.adapter.check?.()).toMatchObject({ ok: false })
    await server.closed()
  })

  it('does not know whether a message was taken whose reply never ends, and sends the next one over a new connection', async () => {
    const server = await drippingServer('220 mx.example ready\r\n', [
      '250 mx\r\n',
      '250 ok\r\n',
      '250 ok\r\n',
      '354 go\r\n',
    ])
    lab = await smtpLab({ url: `smtp://127.0.0.1:${server.port}`, timeoutMs: 100, connections: 1 })
    for (const _ of [0, 1]) expect((await lab.adapter.send(testMessage(lab))).kind).toBe('unknown')
    expect(server.connections()).toBe(2)
    await server.closed()
  })

  it('speaks TLS from the start, and shows itself the certificate', async () => {
    const server = await fakeSmtpServer({ isSecure: true })
    lab = await smtpLab({ url: `smtps://127.0.0.1:${server.port}?tls.rejectUnauthorized=false` })
    expect(await lab.adapter.send(testMessage(lab))).toMatchObject({ kind: 'sent' })
    const strict = await smtpLab({ url: `smtps://127.0.0.1:${server.port}` })
    const result = await strict.adapter.send(testMessage(strict))
    expect(result).toMatchObject({ kind: 'rejected', permanent: false, reason: expect.stringContaining('certificate') })
    expect(server.attempts()).toBe(1)
    await strict.close()
    await server.close()
  })

  it('logs in, and may be tried again when the password is wrong', async () => {
    lab = await smtpLab({}, 'right')
    await lab.receive()
    const wrong = await smtpLab({}, 'other')
    expect(await wrong.adapter.send(testMessage(wrong))).toMatchObject({ kind: 'rejected', permanent: false })
    expect(await wrong.adapter.check?.()).toMatchObject({ ok: false })
    await wrong.close()
  })

  it('shows its password to no server that does not encrypt, unless that runs here or the owner says so', async () => {
    lab = await smtpLab({}, 'right')
    // An address of this machine that does not look like one, as a server elsewhere whose offer of TLS was taken out.
    const elsewhere = `smtp://paloma:right@0.0.0.0:${lab.server.port}`
    const wary = await smtpLab({ url: elsewhere })
    const result = await wary.adapter.send(testMessage(wary))
    expect(result).toMatchObject({ kind: 'rejected', permanent: false, reason: expect.stringMatching(/STARTTLS|TLS/) })
    expect(await wary.adapter.check?.()).toMatchObject({ ok: false, detail: expect.stringMatching(/STARTTLS|TLS/) })
    expect(lab.server.logins()).toBe(0)
    await wary.close()
    const told = await smtpLab({ url: `${elsewhere}?requireTLS=false` })
    expect(await told.adapter.check?.()).toMatchObject({ ok: true })
    await told.close()
    expect(await lab.adapter.check?.()).toMatchObject({ ok: true })
  })

  it('hands nothing to a server whose certificate nobody knows, and may try again', async () => {
    const server = await fakeSmtpServer({ startTls: true })
    lab = await smtpLab({ url: `smtp://127.0.0.1:${server.port}` })
    const result = await lab.adapter.send(testMessage(lab))
    expect(result).toMatchObject({ kind: 'rejected', permanent: false, reason: expect.stringContaining('certificate') })
    expect(server.attempts()).toBe(0)
    await server.close()
  })

  it('may be tried again when the host has no address', async () => {
    lab = await smtpLab({ url: 'smtp://mail.invalid:25' })
    expect(await lab.adapter.send(testMessage(lab))).toMatchObject({ kind: 'rejected', permanent: false })
  })
})

describe('smtpChannel options', () => {
  const options = { url: 'smtp://localhost:25', from: 'news@acme.example' }
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()

  it.each([
    [{ url: 'http://localhost' }, /smtp url must look like/],
    [{ url: 'nonsense' }, /smtp url must look like/],
    [{ from: 'a@x.example, b@x.example' }, /from must be one mailbox/],
    [{ from: 'Acme\r\nBcc: eve@example.com <a@x.example>' }, /from must be one mailbox/],
    [{ returnPath: 'bounces' }, /returnPath must be one e-mail address/],
    [{ returnPath: 'b+*@*.example' }, /returnPath must be one e-mail address/],
    [{ unsubscribeMailto: 'a b' }, /unsubscribeMailto must be one e-mail address/],
    [{ dkim: { ...DKIM, privateKey: 'no key' } }, /must be a private key in PEM/],
    [{ dkim: { ...DKIM, privateKey: ec } }, /must be RSA, got ec/],
  ])('stops the start for %o', (wrong, message) => {
    expect(() => smtpChannel({ ...options, ...wrong })).toThrow(PalomaError)
    expect(() => smtpChannel({ ...options, ...wrong })).toThrow(message)
  })

  it('never prints the password of a wrong url', () => {
    expect(() => smtpChannel({ ...options, url: 'http://me:secret@host' })).not.toThrow(/secret/)
  })
})

function unfold(raw: Buffer): string {
  return raw.toString().replace(/\r\n[ \t]+/g, ' ')
}

function headerNames(raw: Buffer): readonly string[] {
  const head = unfold(raw).split('\r\n\r\n')[0] ?? ''
  const names = head.split('\r\n').map((line) => line.split(':')[0] ?? '')
  // Depends on the body alone.
  return names.filter((name) => name !== 'Content-Transfer-Encoding')
}

/** RFC 6376, relaxed/relaxed, as a receiving server does it. */
function verifyDkim(raw: Buffer, key: string): Record<string, unknown> & { readonly signed: readonly string[] } {
  const text = raw.toString('latin1')
  const end = text.indexOf('\r\n\r\n')
  const lines = text
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
  const relaxed = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':')
      const name = line.slice(0, colon).trim().toLowerCase()
      return [
        name,
        `${name}:${line
          .slice(colon + 1)
          .replace(/[ \t]+/g, ' ')
          .trim()}`,
      ]
    }),
  )
  const signature = relaxed.get('dkim-signature') ?? ''
  const tags = Object.fromEntries(
    signature
      .slice('dkim-signature:'.length)
      .split(';')
      .map((tag) => {
        const [name = '', ...value] = tag.split('=')
        return [name.trim(), value.join('=').replace(/ /g, '')]
      }),
  )
  const signed = (tags.h ?? '').split(':')
  const head = [
    ...signed.map((name) => relaxed.get(name) ?? ''),
    signature.replace(/(; ?b=)[^;]*/, '$1').trimEnd(),
  ].join('\r\n')
  const body = text
    .slice(end + 4)
    .split('\r\n')
    .map((line) => line.replace(/[ \t]+/g, ' ').trimEnd())
    .join('\r\n')
  const canonicalBody = `${body.replace(/(\r\n)+$/, '')}\r\n`
  return {
    d: tags.d,
    s: tags.s,
    signed,
    isBodyRight: createHash('sha256').update(canonicalBody, 'latin1').digest('base64') === tags.bh,
    isSignatureRight: createVerify('RSA-SHA256')
      .update(head, 'latin1')
      .verify(key, tags.b ?? '', 'base64'),
  }
}

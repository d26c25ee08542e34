import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer, type SMTPServerDataStream } from 'smtp-server'
import type { Trouble } from './test-channel.ts'

/** An e-mail as the server got it. */
export interface ReceivedMail {
  readonly raw: Buffer
  readonly parsed: ParsedMail
  readonly envelope: { readonly from: string; readonly to: readonly string[] }
}

/** A real SMTP server, with the levers of the conformance suite. */
export interface FakeSmtpServer {
  readonly port: number
  readonly mails: readonly ReceivedMail[]
  attempts(): number
  /** How often a password was shown. */
  logins(): number
  accept(): Promise<void>
  make(trouble: Trouble): Promise<void>
  /** Answers RCPT TO (or DATA) with this reply until `accept`. */
  replyWith(command: 'MAIL' | 'RCPT' | 'DATA', code: number, text: string): void
  close(): Promise<void>
}

type Done = (error?: Error | null) => void

/** `password`: demands a login of `paloma` with it. `startTls`: offers STARTTLS, `isSecure`: is TLS, with a certificate nobody knows. */
export async function fakeSmtpServer(
  options: { readonly password?: string; readonly startTls?: true; readonly isSecure?: true } = {},
): Promise<FakeSmtpServer> {
  const mails: ReceivedMail[] = []
  let trouble: Trouble | undefined
  let refusal: { readonly command: string; readonly error: Error } | undefined
  let attempts = 0
  let logins = 0

  const replyTo = (command: string, done: Done): void => done(refusal?.command === command ? refusal.error : null)
  const receive = async (stream: SMTPServerDataStream, envelope: ReceivedMail['envelope']): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk as Buffer)
    const raw = Buffer.concat(chunks)
    mails.push({ raw, parsed: await simpleParser(raw), envelope })
  }
  const onData = (stream: SMTPServerDataStream, session: { readonly envelope: unknown }, done: Done): void => {
    attempts++
    if (trouble === 'hang-after-data') return void stream.resume()
    if (trouble === 'drop-connection') return void stream.resume().once('end', dropAll)
    if (refusal?.command === 'DATA') return void stream.resume().once('end', () => replyTo('DATA', done))
    const { mailFrom, rcptTo } = session.envelope as { mailFrom: { address: string }; rcptTo: { address: string }[] }
    receive(stream, { from: mailFrom.address, to: rcptTo.map(({ address }) => address) }).then(() => done(), done)
  }
  const start = async (at: number): Promise<SMTPServer> => {
    const next = new SMTPServer({
      secure: options.isSecure === true,
      disabledCommands: [
        ...(options.startTls === true ? [] : ['STARTTLS']),
        ...(options.password === undefined ? ['AUTH'] : []),
      ],
      allowInsecureAuth: true,
      authOptional: options.password === undefined,
      disableReverseLookup: true,
      closeTimeout: 10,
      logger: false,
      onAuth({ username, password }, _session, done) {
        logins++
        const isRight = username === 'paloma' && password === options.password
        if (isRight) done(null, { user: username })
        else done(reply(535, '5.7.8 no'))
      },
      onMailFrom: (_address, _session, done) => replyTo('MAIL', done),
      onRcptTo: (_address, _session, done) => replyTo('RCPT', done),
      onData,
    })
    // A client that drops its connection is no failure of the test.
    next.on('error', () => {})
    next.listen(at, '127.0.0.1')
    await once(next.server, 'listening')
    return next
  }
  let server: SMTPServer | undefined = await start(0)
  const { port } = server.server.address() as AddressInfo

  function dropAll(): void {
    for (const connection of (server as unknown as { connections: Set<{ _socket: { destroy(): void } }> })
      .connections) {
      connection._socket.destroy()
    }
  }
  const stop = async (): Promise<void> => {
    const old = server
    if (old === undefined) return
    dropAll()
    server = undefined
    await new Promise<void>((resolve) => old.close(() => resolve()))
  }
  return {
    port,
    mails,
    attempts: () => attempts,
    logins: () => logins,
    async accept() {
      trouble = undefined
      refusal = undefined
      server ??= await start(port)
    },
    async make(next) {
      trouble = next
      if (next === 'reject-address') refusal = { command: 'RCPT', error: reply(550, '5.1.1 no such user') }
      if (next === 'server-error') refusal = { command: 'RCPT', error: reply(451, '4.3.0 try later') }
      if (next === 'refuse-connection') await stop()
    },
    replyWith(command, code, text) {
      refusal = { command, error: reply(code, text) }
    },
    close: stop,
  }
}

function reply(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode })
}

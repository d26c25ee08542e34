import type { Readable } from 'node:stream'
import { createTransport, type SendMailOptions, type Transporter } from 'nodemailer'
import type { ChannelAdapter, Message, SendResult } from '../contract.ts'
import { classifySmtpFailure, type SmtpFailure } from './classify.ts'
import { checkSmtp, isAddress, type Mailbox, type SmtpChannelOptions } from './config.ts'
import { extraHeaders, messageIdOf, SIGNED_HEADERS } from './headers.ts'
import { plainText } from './plain-text.ts'

const DEFAULT_TIMEOUT_MS = 60_000
const DEFAULT_CONNECTIONS = 5

/**
 * E-mail over a pool of SMTP connections. Message-ID carries the sendId; non-transactional mail carries one-click
 * unsubscribe headers (RFC 8058); a text part is made of the HTML when none is given.
 */
export function smtpChannel(options: SmtpChannelOptions): ChannelAdapter {
  const from = checkSmtp(options)
  const transport = createPool(options)
  const streams = watchStreams(transport)
  return {
    name: 'smtp',
    channel: 'email',
    requiredContent: ['subject', 'html'],
    traits: { isIdempotent: false, concurrency: options.connections ?? DEFAULT_CONNECTIONS },
    canReach: ({ addresses }) => addresses.email !== undefined && isAddress(addresses.email),
    async send(message, signal) {
      const to = message.profile.addresses.email
      if (to === undefined) return { kind: 'rejected', permanent: true, reason: 'user has no email address' }
      if (!isAddress(to)) {
        return { kind: 'rejected', permanent: true, reason: 'email is not one address', addressGone: true }
      }
      if (signal?.aborted === true) return { kind: 'rejected', permanent: false, reason: 'aborted' }
      return untilAborted(deliver(transport, streams, toMail(message, { from, to, options })), signal)
    },
    check: () => checkServer(transport),
    async close() {
      transport.close()
    },
  }
}

function createPool(options: SmtpChannelOptions): Transporter {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
  const { dkim } = options
  return createTransport({
    url: options.url,
    // The url may say otherwise.
    requireTLS: showsPassword(options.url),
    pool: true,
    maxConnections: options.connections ?? DEFAULT_CONNECTIONS,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(dkim === undefined
      ? {}
      : {
          dkim: {
            domainName: dkim.domain,
            keySelector: dkim.selector,
            privateKey: dkim.privateKey,
            headerFieldNames: SIGNED_HEADERS,
          },
        }),
  })
}

/** Whether a password leaves this machine: whoever can take the offer of TLS out of what a server says could read it. */
function showsPassword(url: string): boolean {
  const { password, hostname } = new URL(url)
  return password !== '' && !/^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/i.test(hostname)
}

/**
 * Keeps each message's byte stream by Message-ID. The library pipes it to the server only after the reply to DATA,
 * so an unread stream proves that nothing was handed over.
 */
function watchStreams(transport: Transporter): Map<string, Readable> {
  const streams = new Map<string, Readable>()
  transport.use('stream', (mail, done) => {
    const { message } = mail
    const id = message.messageId()
    const createReadStream = message.createReadStream.bind(message)
    message.createReadStream = (streamOptions) => {
      const stream = createReadStream(streamOptions)
      streams.set(id, stream)
      return stream
    }
    done()
  })
  return streams
}

async function deliver(
  transport: Transporter,
  streams: Map<string, Readable>,
  mail: SendMailOptions & { readonly messageId: string },
): Promise<SendResult> {
  try {
    await transport.sendMail(mail)
    return { kind: 'sent', providerMessageId: mail.messageId }
  } catch (error) {
    return classifySmtpFailure(error as SmtpFailure, streams.get(mail.messageId)?.readableDidRead === true)
  } finally {
    streams.delete(mail.messageId)
  }
}

function toMail(
  message: Message,
  { from, to, options }: { readonly from: Mailbox; readonly to: string; readonly options: SmtpChannelOptions },
): SendMailOptions & { readonly messageId: string } {
  const { subject = '', html = '', text } = message.content
  return {
    from: { ...from },
    // As an object: a string would be parsed, and could name several people.
    to: { name: '', address: to },
    subject: oneLine(subject),
    html,
    text: text ?? plainText(html),
    messageId: messageIdOf(
      message.sendId,
      options.dkim?.domain ?? from.address.slice(from.address.lastIndexOf('@') + 1),
    ),
    headers: extraHeaders(message, options.unsubscribeMailto),
  }
}

/** A trait inside a subject may hold line ends; a header may not. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\s]+/gu, ' ').trim()
}

/** A message in the pool cannot be called back: after an abort it may still go out. */
async function untilAborted(delivery: Promise<SendResult>, signal: AbortSignal | undefined): Promise<SendResult> {
  if (signal === undefined) return delivery
  let onAbort = (): void => {}
  const aborted = new Promise<SendResult>((resolve) => {
    onAbort = () => resolve({ kind: 'unknown', reason: 'aborted while it was being sent' })
    signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([delivery, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

async function checkServer(transport: Transporter): Promise<{ readonly ok: boolean; readonly detail: string }> {
  try {
    await transport.verify()
    return { ok: true, detail: 'the server answers and accepts the login' }
  } catch (error) {
    return { ok: false, detail: String(error) }
  }
}

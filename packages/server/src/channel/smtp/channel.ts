import type { ChannelAdapter, Message, SendResult } from '../contract.ts'
import { messageIdOf, returnPathOf } from '../mail-names.ts'
import { checkSmtp, isAddress, type Mailbox, type SmtpChannelOptions } from './config.ts'
import { extraHeaders } from './headers.ts'
import { DEFAULT_CONNECTIONS, type Mail, type SmtpLines, smtpLines } from './lines.ts'
import { plainText } from './plain-text.ts'
import { subjectLine } from './subject-line.ts'

/**
 * E-mail over a pool of SMTP connections. Message-ID carries the sendId; non-transactional mail carries one-click
 * unsubscribe headers (RFC 8058); a text part is made of the HTML when none is given.
 */
export function smtpChannel(options: SmtpChannelOptions): ChannelAdapter {
  const from = checkSmtp(options)
  const lines = smtpLines(options)
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
      return untilAborted(lines.send(toMail(message, { from, to, options })), signal)
    },
    check: () => checkServer(lines),
    async close() {
      lines.close()
    },
  }
}

function toMail(
  message: Message,
  { from, to, options }: { readonly from: Mailbox; readonly to: string; readonly options: SmtpChannelOptions },
): Mail {
  const { subject = '', html = '', text } = message.content
  return {
    from: { ...from },
    // As an object: a string would be parsed, and could name several people.
    to: { name: '', address: to },
    subject: subjectLine(subject),
    html,
    text: text ?? plainText(html),
    messageId: messageIdOf(
      message.sendId,
      options.dkim?.domain ?? from.address.slice(from.address.lastIndexOf('@') + 1),
    ),
    headers: extraHeaders(message, options.unsubscribeMailto),
    ...(options.returnPath === undefined
      ? {}
      : { envelope: { from: returnPathOf(options.returnPath, message.sendId), to: [to] } }),
  }
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

async function checkServer(lines: SmtpLines): Promise<{ readonly ok: boolean; readonly detail: string }> {
  try {
    await lines.verify()
    return { ok: true, detail: 'the server answers and accepts the login' }
  } catch (error) {
    return { ok: false, detail: String(error) }
  }
}

import { createPrivateKey } from 'node:crypto'
import { PalomaError } from '@paloma/core/domain'

/** Options of `smtpChannel`. */
export interface SmtpChannelOptions {
  /** `smtp://user:password@host:587` (STARTTLS when offered; always before a password, see the guide) or `smtps://…:465`. */
  readonly url: string
  /** One mailbox, with or without a name: `Acme <news@acme.example>`. */
  readonly from: string
  /** Where bounces go: one address, whose star (`bounces+*@acme.example`) becomes the sendId; `from` by default. */
  readonly returnPath?: string
  /** Mailbox for List-Unsubscribe's mailto. */
  readonly unsubscribeMailto?: string
  /** Signs every message, the two List-Unsubscribe headers included; the key is RSA in PEM. */
  readonly dkim?: { readonly domain: string; readonly selector: string; readonly privateKey: string }
  /** Longest silence of the server, at any step. */
  readonly timeoutMs?: number
  /** Connections kept open; one message each at a time. */
  readonly connections?: number
}

/** What stands before the @ of a return path leaves room for the name of a message. */
const LONGEST_RETURN_PATH = 20

/** A mailbox in its parts. */
export interface Mailbox {
  readonly name: string
  readonly address: string
}

/** Checks what would otherwise fail at the first message. Answers the sender. Throws `INVALID_CONFIG`. */
export function checkSmtp(options: SmtpChannelOptions): Mailbox {
  if (
    !URL.canParse(options.url) ||
    !/^smtps?:$/.test(new URL(options.url).protocol) ||
    new URL(options.url).hostname === ''
  ) {
    // The URL may hold a password: never print it.
    throw new PalomaError('INVALID_CONFIG', 'smtp url must look like smtp://user:password@host:587 or smtps://host:465')
  }
  const from = parseMailbox(options.from)
  if (from === undefined) {
    throw new PalomaError('INVALID_CONFIG', `smtp from must be one mailbox, got ${JSON.stringify(options.from)}`, {
      hint: 'Write it as "Acme <news@acme.example>".',
    })
  }
  if (options.unsubscribeMailto !== undefined && !isAddress(options.unsubscribeMailto)) {
    const got = JSON.stringify(options.unsubscribeMailto)
    throw new PalomaError('INVALID_CONFIG', `smtp unsubscribeMailto must be one e-mail address, got ${got}`)
  }
  if (options.returnPath !== undefined) checkReturnPath(options.returnPath)
  if (options.dkim !== undefined) checkDkim(options.dkim)
  return from
}

/** Whether this is exactly one plain e-mail address: no names, lists, comments, spaces or control characters. */
export function isAddress(text: string): boolean {
  // RFC 5321's dot-string local part (also beyond ASCII) and a dotted or local host name; 254 is its longest path.
  return (
    text.length <= 254 && /^[^\s\p{C}@<>()[\]\\,;:"]{1,64}@[\p{L}\p{N}](?:[\p{L}\p{N}.-]*[\p{L}\p{N}])?$/u.test(text)
  )
}

function checkReturnPath(returnPath: string): void {
  const local = returnPath.slice(0, returnPath.lastIndexOf('@'))
  const stars = returnPath.split('*').length - 1
  const isInLocalPart = stars === 0 || (stars === 1 && local.includes('*'))
  if (isInLocalPart && local.length <= LONGEST_RETURN_PATH && isAddress(returnPath.replace('*', 'x'))) return
  const got = JSON.stringify(returnPath)
  throw new PalomaError('INVALID_CONFIG', `smtp returnPath must be one e-mail address, got ${got}`, {
    hint: 'Write it as "bounces@acme.example", or "bounces+*@acme.example" so that each bounce names its message.',
  })
}

function parseMailbox(text: string): Mailbox | undefined {
  const named = /^([^<>\p{C}]*)<([^<>]+)>$/u.exec(text)
  const name = (named?.[1] ?? '').trim().replace(/^"(.*)"$/, '$1')
  const address = named?.[2] ?? text
  return isAddress(address) ? { name, address } : undefined
}

/** nodemailer would send unsigned with a key it cannot use. */
function checkDkim(dkim: NonNullable<SmtpChannelOptions['dkim']>): void {
  const hint = 'Generate one with `openssl genrsa -out dkim.pem 2048`.'
  let type: string | undefined
  try {
    type = createPrivateKey(dkim.privateKey).asymmetricKeyType
  } catch (cause) {
    throw new PalomaError('INVALID_CONFIG', 'smtp dkim.privateKey must be a private key in PEM', { hint, cause })
  }
  if (type !== 'rsa') throw new PalomaError('INVALID_CONFIG', `smtp dkim.privateKey must be RSA, got ${type}`, { hint })
}

import { createHash } from 'node:crypto'

/** Longest local part of a Message-ID of ours: a header line has at most 998 characters (RFC 5322 §2.1.1). */
const LONGEST_ID = 700
/** Longest local part of an address (RFC 5321 §4.5.3.1.1). */
const LONGEST_LOCAL_PART = 64
/** Stands in a return path for a message whose name does not fit. */
const UNNAMED = 'message'

/**
 * `<sendId@domain>`, percent-encoded where the sendId holds what a Message-ID may not. One that would not fit a header
 * line is named by its hash, from which `sendIdOfMessageId` finds no way back.
 */
export function messageIdOf(sendId: string, domain: string): string {
  const encoded = encodeURIComponent(sendId).replace(
    /[()!'*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  const local = encoded.length <= LONGEST_ID ? encoded : createHash('sha256').update(sendId).digest('hex')
  return `<${local}@${domain}>`
}

/** The sendId that a Message-ID (without brackets) was made of; undefined where it is none of ours. */
export function sendIdOfMessageId(messageId: string): string | undefined {
  const local = messageId.slice(0, Math.max(0, messageId.lastIndexOf('@')))
  return local === '' ? undefined : decoded(local)
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    // A stray percent sign: somebody else's name.
    return undefined
  }
}

/**
 * The envelope sender of a message: `pattern`, e.g. `bounces+*@acme.example`, with the sendId for its star (VERP). The
 * id is written in lower-case letters, digits, dots and hyphens, as mail servers may change the case of addresses.
 */
export function returnPathOf(pattern: string, sendId: string): string {
  const [local = '', domain = ''] = splitAt(pattern)
  const room = LONGEST_LOCAL_PART - (local.length - 1)
  const name = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/.test(sendId) && !sendId.startsWith(HEX) ? sendId : hexName(sendId)
  const isNamed = name.length <= room && !name.includes('..')
  return `${local.replace('*', isNamed ? name : UNNAMED)}@${domain}`
}

const HEX = 'x-'

function hexName(sendId: string): string {
  return `${HEX}${Buffer.from(sendId).toString('hex')}`
}

/** The sendIds that return paths of the pattern name in a text, such as the header line `To:` of a report. */
export function sendIdsOfReturnPath(pattern: string, text: string): readonly string[] {
  const [before = '', after = ''] = pattern.split('*', 2)
  if (!pattern.includes('*')) return []
  const found = text.matchAll(
    new RegExp(`(?<![\\w.+-])${escaped(before)}([a-z0-9.-]{1,64})${escaped(after)}(?![\\w.-])`, 'gi'),
  )
  return [...found].map(([, name = '']) => {
    const id = name.toLowerCase()
    return id.startsWith(HEX) ? Buffer.from(id.slice(HEX.length), 'hex').toString() : id
  })
}

function splitAt(address: string): readonly [string, string] {
  const at = address.lastIndexOf('@')
  return [address.slice(0, at), address.slice(at + 1)]
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

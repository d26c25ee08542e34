/** Longest address of RFC 5321, and longest Message-ID that fits a line. */
const LONGEST_ADDRESS = 320
const LONGEST_ID = 998

/** The address of a typed one (`rfc822; ada@example.com`), or a bare one; null where it is none. */
export function addressIn(text: string | undefined): string | null {
  if (text === undefined) return null
  const address = text
    .slice(text.indexOf(';') + 1)
    .trim()
    .replace(/^<(.*)>$/, '$1')
  return address.length <= LONGEST_ADDRESS && /^[^\s@<>]+@[^\s@<>]+$/.test(address) ? address : null
}

/** A Message-ID without its angle brackets. */
export function messageIdIn(text: string | undefined): string | null {
  const id = /<([^<>\s]+)>/.exec(text ?? '')?.[1]
  return id === undefined || id.length > LONGEST_ID ? null : id
}

const CODE = /(?:^|[^\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])/

/**
 * The status of a recipient: what the report says, or where that says no more than "failed" what the other server
 * said; of a reply without an enhanced code its class. Null where neither tells.
 */
export function enhancedStatus(status: string | undefined, diagnostic: string | null): string | null {
  const told = CODE.exec(status ?? '')?.[1]
  if (told !== undefined && !told.endsWith('.0.0')) return told
  const said = CODE.exec(diagnostic ?? '')?.[1]
  const reply = /\b([45])\d\d\b/.exec(diagnostic ?? '')?.[1]
  return said ?? told ?? (reply === undefined ? null : `${reply}.0.0`)
}

/**
 * Whether a status says that the address will never take mail: no such mailbox or domain, mailbox disabled, or a failure
 * for good that is not explained. A full mailbox, a message too large or refused for what it says, a server in trouble
 * may pass.
 */
export function isHardStatus(status: string): boolean {
  return /^5\.(?:0\.0|1\.(?:0|1|2|3|4|6|10)|2\.1|4\.4)$/.test(status)
}

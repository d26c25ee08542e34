import type { SendResult } from '../contract.ts'

/** What is read of an error of the SMTP library. */
export interface SmtpFailure {
  readonly message: string
  readonly code?: string
  readonly command?: string
  /** The server's reply, when there was one. */
  readonly response?: string
  readonly responseCode?: number
}

/** Enhanced codes (RFC 3463) that speak of the recipient's address; 5.2.1 is a mailbox that was disabled, 5.1.7 and 5.1.8 speak of the sender's. */
const ADDRESS_GONE = /\b5\.(?:1\.(?:1|2|3|6|10)|2\.1)\b/

/** Failures of the session and not of the message: the next session may do better. */
const SESSION_CODES = [
  'EAUTH',
  'ENOAUTH',
  'EOAUTH2',
  'ETLS',
  'EDNS',
  'EPROXY',
  'EPROTOCOL',
  'ECONNECTION',
  'ESOCKET',
  'ETIMEDOUT',
]

/**
 * What became of a message that the SMTP library failed to send. `isDataBegun`: whether a byte of the message was
 * handed to a connection after the server had agreed to DATA.
 */
export function classifySmtpFailure(failure: SmtpFailure, isDataBegun: boolean): SendResult {
  const isOfSession = SESSION_CODES.includes(failure.code ?? '')
  // A reply alone does not say that it was to STARTTLS or to the login.
  const reason = isOfSession ? failure.message : (failure.response ?? failure.message)
  const reply = failure.responseCode
  if (reply === undefined) {
    if (isDataBegun) return { kind: 'unknown', reason }
    // Without a reply: the library refused the envelope or size (permanent), or there was no connection.
    return { kind: 'rejected', permanent: !SESSION_CODES.includes(failure.code ?? 'ECONNECTION'), reason }
  }
  const permanent = reply >= 500 && !isOfSession
  const addressGone = permanent && failure.command === 'RCPT TO' && ADDRESS_GONE.test(reason)
  return { kind: 'rejected', permanent, reason, ...(addressGone ? { addressGone } : {}) }
}

import { type ParsedMail, type SimpleParserOptions, simpleParser } from 'mailparser'
import { addressIn, enhancedStatus, isHardStatus, messageIdIn } from './atoms.ts'
import { type Fields, fieldGroups } from './fields.ts'

/** What a message that came back says of one that went out. */
export type MailReport =
  | {
      readonly kind: 'bounce'
      /** The address will never take mail; otherwise a later message may arrive. */
      readonly isHard: boolean
      /** Enhanced status code (RFC 3463), e.g. `5.1.1`. */
      readonly status: string | null
      /** What the other server said, at most 500 characters. */
      readonly diagnostic: string | null
      readonly original: OriginalMessage
    }
  /** Somebody pressed "this is spam"; `feedbackType` as the report has it, e.g. `abuse`. */
  | { readonly kind: 'complaint'; readonly feedbackType: string; readonly original: OriginalMessage }
  /** Nothing to do: no report, or one that says nothing against an address. */
  | { readonly kind: 'other'; readonly reason: string }

/** What a report says of the message it is about. */
export interface OriginalMessage {
  /** The recipient as he was written to where that is told, else the one who was reached last. */
  readonly address: string | null
  /** Without its angle brackets. */
  readonly messageId: string | null
  /** Header lines that name whom the report itself was sent to: a return path may name the message. */
  readonly reportedTo: readonly string[]
  /** The report's own Message-ID. */
  readonly reportId: string | null
}

/** Nothing is made of bodies: reports are read by machines. */
const PARSING: SimpleParserOptions & { readonly keepDeliveryStatus: true } = {
  keepDeliveryStatus: true,
  skipHtmlToText: true,
  skipTextToHtml: true,
  skipTextLinks: true,
  skipImageLinks: true,
}

const DELIVERY_STATUS = ['message/delivery-status', 'message/global-delivery-status']
const ORIGINALS = [
  ...['message/rfc822', 'text/rfc822-headers', 'message/rfc822-headers'],
  ...['message/global', 'message/global-headers'],
]

/** Feedback types (RFC 5965 §7.3) by which a person says that he does not want such mail. */
const COMPLAINTS = ['abuse', 'fraud', 'opt-out', 'opt-out-list']

/** Headers that name whom a report was sent to; the latter two are written where it was put into a mailbox. */
const ADDRESSEES = ['to', 'delivered-to', 'x-original-to', 'envelope-to']
const MOST_ADDRESSEES = 10

/**
 * Reads a delivery status notification (RFC 3464; RFC 6533 too) or a feedback report (ARF, RFC 5965) as it lies in a
 * mailbox. A function of the bytes; throws for none of them. Of several recipients the first that failed counts.
 */
export async function interpretMailReport(raw: Uint8Array): Promise<MailReport> {
  let mail: ParsedMail
  try {
    mail = await simpleParser(Buffer.from(raw), PARSING)
  } catch (error) {
    return other(`the message cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
  const type = mail.headers.get('content-type')
  const isReport = typeof type === 'object' && 'value' in type && type.value === 'multipart/report'
  if (!isReport) return other('the message is no report (its content type is not multipart/report)')
  const status = partOf(mail, DELIVERY_STATUS)
  if (status !== undefined) return bounceOf(mail, fieldGroups(status))
  const feedback = partOf(mail, ['message/feedback-report'])
  if (feedback !== undefined) return complaintOf(mail, fieldGroups(feedback))
  return other('the report has neither a delivery status nor feedback')
}

function other(reason: string): MailReport {
  return { kind: 'other', reason }
}

function partOf({ attachments }: ParsedMail, types: readonly string[]): string | undefined {
  return attachments.find(({ contentType }) => types.includes(contentType.toLowerCase()))?.content.toString('utf8')
}

function bounceOf(mail: ParsedMail, groups: readonly Fields[]): MailReport {
  const actionOf = (group: Fields): string | undefined => group.get('action')?.trim().toLowerCase()
  const failed = groups.find((group) => actionOf(group) === 'failed')
  if (failed === undefined) {
    const actions = groups.flatMap((group) => actionOf(group) ?? [])
    return other(`no recipient failed for good (${actions.join(', ').slice(0, 100) || 'no action is named'})`)
  }
  const diagnostic = failed.get('diagnostic-code') ?? null
  const status = enhancedStatus(failed.get('status'), diagnostic)
  const address = addressIn(failed.get('original-recipient')) ?? addressIn(failed.get('final-recipient'))
  return {
    kind: 'bounce',
    isHard: status !== null && isHardStatus(status),
    status,
    diagnostic: diagnostic === null ? null : diagnostic.slice(0, 500),
    original: originalOf(mail, address),
  }
}

function complaintOf(mail: ParsedMail, groups: readonly Fields[]): MailReport {
  const fields = groups[0] ?? new Map<string, string>()
  const feedbackType = (fields.get('feedback-type') ?? '').trim().toLowerCase()
  if (!COMPLAINTS.includes(feedbackType)) {
    return other(`feedback of type ${JSON.stringify(feedbackType.slice(0, 50))} is no complaint`)
  }
  return { kind: 'complaint', feedbackType, original: originalOf(mail, addressIn(fields.get('original-rcpt-to'))) }
}

function originalOf(mail: ParsedMail, address: string | null): OriginalMessage {
  const headers = fieldGroups(partOf(mail, ORIGINALS) ?? '')[0]
  const lines = mail.headerLines.filter(({ key }) => ADDRESSEES.includes(key))
  return {
    address,
    messageId: messageIdIn(headers?.get('message-id')),
    reportedTo: lines.slice(0, MOST_ADDRESSEES).map(({ line }) => line),
    reportId: messageIdIn(mail.messageId),
  }
}
